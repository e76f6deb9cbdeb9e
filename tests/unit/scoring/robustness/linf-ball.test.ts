import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { linfBall, linfNorm } from '../../../../scoring/robustness/linf-ball.ts';
import { loadVectors } from '../vectors.ts';

const inside = (input: unknown) => linfBall.report(input).value;
const EPS = 8 / 255;

describe('L-infinity ball', () => {
  it.each(loadVectors('linf_ball'))('agrees with its vector: $name', ({ input, expected }) => {
    expect(inside(input)).toBe(expected);
  });

  it('holds what float32 makes of a step of exactly eps', () => {
    expect(inside({ delta: [Math.fround(EPS), -Math.fround(EPS)], eps: EPS })).toBe(true);
    expect(inside({ delta: [EPS + 9e-7], eps: EPS })).toBe(true);
    expect(inside({ delta: [EPS + 2e-6], eps: EPS })).toBe(false);
  });

  it('tells 8/255 from 0.031', () => {
    expect(inside({ delta: [EPS], eps: 0.031 })).toBe(false);
  });

  it('wants what was classified in [0, 1] where the image is known', () => {
    expect(inside({ delta: [0.03, 0], x: [0.97, 0.5], eps: EPS })).toBe(true);
    expect(inside({ delta: [0.03, 0], x: [0.98, 0.5], eps: EPS })).toBe(false);
    expect(inside({ delta: [0, -0.03], x: [0.98, 0.02], eps: EPS })).toBe(false);
  });

  it('checks the very array that was classified', () => {
    expect(inside({ x: [0.99], adversarial: [1], eps: EPS })).toBe(true);
    expect(inside({ x: [0.99], adversarial: [1.0001], eps: EPS })).toBe(false);
    expect(inside({ x: [0.9], adversarial: [0.95], eps: EPS })).toBe(false);
  });

  it('reads images of any shape', () => {
    const x = [
      [
        [0.1, 0.2],
        [0.3, 0.4],
      ],
    ];
    const adversarial = [
      [
        [0.1, 0.22],
        [0.3, 0.4],
      ],
    ];
    expect(linfBall.report({ x, adversarial, eps: EPS })).toEqual({
      value: true,
      linf: expect.closeTo(0.02, 12) as number,
    });
    expect(() => linfBall.report({ x, delta: [0.1, 0.2], eps: EPS })).toThrow(/1 x 2 x 2.* is 2/);
  });

  it('is symmetric and grows with eps', () => {
    const pixel = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(pixel), fc.double({ min: 0, max: 1, noNaN: true }), (delta, eps) => {
        const answer = inside({ delta, eps });
        expect(inside({ delta: delta.map((value) => 0 - value), eps })).toBe(answer);
        expect(inside({ delta, eps: Math.max(eps, linfNorm(delta)) })).toBe(true);
      }),
    );
  });

  it('is refused without a perturbation', () => {
    expect(() => linfBall.report({ eps: EPS })).toThrow(/delta, or x and adversarial/);
    expect(() => linfBall.report({ delta: [0], eps: -1 })).toThrow(/eps/);
  });
});
