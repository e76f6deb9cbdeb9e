import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { symmetricEigen } from '../../../../scoring/generation/symmetric-eigen.ts';
import { noiseFeatures } from './features.ts';

describe('symmetricEigen', () => {
  it('takes a symmetric matrix apart into orthonormal vectors and what they are stretched by', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 9 }), (seed, size) => {
        const { values: noise } = noiseFeatures(seed, size, size, -0.5);
        const at = (row: number, column: number) => noise[row * size + column] ?? 0;
        const matrix = Float64Array.from({ length: size * size }, (_, place) => {
          const [row, column] = [Math.floor(place / size), place % size];
          return at(row, column) + at(column, row);
        });
        const { values, vectors } = symmetricEigen({ rows: size, columns: size, values: matrix });
        for (let row = 0; row < size; row++) {
          for (let column = 0; column < size; column++) {
            let [sum, along] = [0, 0];
            for (let k = 0; k < size; k++) {
              const product = (vectors[row * size + k] ?? 0) * (vectors[column * size + k] ?? 0);
              sum += product * (values[k] ?? 0);
              along += (vectors[k * size + row] ?? 0) * (vectors[k * size + column] ?? 0);
            }
            expect(sum).toBeCloseTo(matrix[row * size + column] ?? NaN, 12);
            expect(along).toBeCloseTo(row === column ? 1 : 0, 12);
          }
        }
      }),
    );
  });

  it('finds the eigenvalues of matrices that have none beside the diagonal, or equal ones', () => {
    const of = (...values: number[]) => {
      const size = Math.sqrt(values.length);
      const matrix = { rows: size, columns: size, values: Float64Array.from(values) };
      return [...symmetricEigen(matrix).values].sort((a, b) => a - b);
    };
    expect(of(3, 0, 0, -1)).toEqual([-1, 3]);
    expect(of(0, 0, 0, 0)).toEqual([0, 0]);
    expect(of(1, 2, 2, 1)[0]).toBeCloseTo(-1, 12);
    expect(of(2, 1, 1, 1, 2, 1, 1, 1, 2).map((value) => Math.round(value * 1e9) / 1e9)).toEqual([
      1, 1, 4,
    ]);
  });
});
