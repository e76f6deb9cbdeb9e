/**
 * In every lane a submission walks its whole world while real rows are evaluated, and hands everything
 * over that it saw. Nothing hidden may be in it: no target, no id, no name of a split, no path of the
 * platform, no secret of the server, nothing of another submission.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../sandbox/host.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import { getKind } from '../../tasks/registry.ts';
import type { Lane } from '../../tasks/task.ts';
import { noiseTask } from '../sandbox/make-task.ts';
import { childEntry, makeRequest, modelOf } from '../sandbox/run-child.ts';
import { walledLevels } from './levels.ts';

const WORLD = path.join(import.meta.dirname, 'hostile/world');
const CLASSES = 100;
const ASKED_ROWS = 100_000;

const mark = (what: string) => `${what}-${randomUUID()}`;
const OWN = mark('own');
const HIDDEN = {
  id: mark('row'),
  split: mark('split'),
  secret: mark('secret'),
  target: mark('target'),
  folder: mark('certamen-data'),
  file: mark('other-file'),
  submission: mark('other-bytes'),
} as const;

const data = mkdtempSync(path.join(tmpdir(), `${HIDDEN.folder}-`));
const targets = path.join(data, 'targets.txt');
writeFileSync(targets, HIDDEN.target, { mode: 0o644 });
const descriptor = openSync(targets, 'r');
beforeAll(() => void (process.env['CERTAMEN_TEST_SECRET'] = HIDDEN.secret));
afterAll(() => {
  delete process.env['CERTAMEN_TEST_SECRET'];
  closeSync(descriptor);
  rmSync(data, { recursive: true });
});

const code = (name: string): readonly ArtifactFile[] => [
  { name, bytes: readFileSync(path.join(WORLD, name)) },
  { name: 'own.txt', bytes: Buffer.from(OWN) },
];
const LANES: readonly { lane: Lane; files: readonly ArtifactFile[]; child?: string }[] = [
  // An engine that was taken over: the child of both weights lanes.
  { lane: 'onnx', files: [{ name: 'm.onnx', bytes: Buffer.from(OWN) }], child: 'walk-world' },
  { lane: 'tfjs', files: [{ name: 'model.json', bytes: Buffer.from(OWN) }], child: 'walk-world' },
  { lane: 'javascript', files: code('model.js') },
  { lane: 'python', files: code('model.py') },
];

/** Scores are the bytes, one each from code, as they lie from an engine. */
function bytesSeen(data: Float32Array | Float64Array): Buffer {
  return data instanceof Float64Array
    ? Buffer.from(Uint8Array.from(data))
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

describe.each(await walledLevels())('a submission at level $level', ({ isolation }) => {
  it.each(LANES)('finds nothing hidden in its world: $lane', async ({ lane, files, child }) => {
    const task = await noiseTask({
      splits: [`${HIDDEN.split}-a`, `${HIDDEN.split}-b`],
      rows: 700,
      classes: CLASSES,
      ids: HIDDEN.id,
      accepts: [lane],
    });
    const shape = { inputShape: task.spec.input.shape, classes: CLASSES };
    const limits = { ...task.spec.limits, memory_mb: 2048 };
    const other = await openSandbox(
      makeRequest({ files: [{ name: HIDDEN.file, bytes: Buffer.from(HIDDEN.submission) }] }),
      { isolation, childEntry: childEntry('echo') },
    );
    const session = await openSandbox(
      makeRequest({ files, accepts: [lane], task: shape, limits }),
      {
        isolation,
        ...(child === undefined ? {} : { childEntry: childEntry(child) }),
      },
    );
    try {
      const inputs = await Promise.all(
        Object.keys(task.spec.splits).map((split) => task.readInputs(split)),
      );
      const kind = getKind(task.spec.kind);
      const { artifact } = session;
      await kind.predict({ task: task.spec, artifact, inputs, options: {}, seed: 3 });

      const name = modelOf(session).signature.inputs[0]?.name ?? '';
      const [output] = await modelOf(session).predict([
        {
          name,
          dtype: 'float32',
          shape: [ASKED_ROWS, 1, 1, 1],
          data: new Float32Array(ASKED_ROWS).fill(-1),
        },
      ]);
      const seen = bytesSeen(output?.data as Float32Array | Float64Array);
      // It looked, and saw what is its own.
      expect(seen.includes(OWN)).toBe(true);
      expect(seen.byteLength).toBeGreaterThan(10_000);
      for (const [what, marker] of Object.entries(HIDDEN))
        expect(seen.includes(marker) ? what : null).toBeNull();
      expect(seen.includes(path.resolve(import.meta.dirname, '../..'))).toBe(false);
      const [split = ''] = Object.keys(task.spec.splits);
      const rows = await task.readTargets(split);
      expect(seen.includes(Buffer.from(rows.buffer, rows.byteOffset, 64))).toBe(false);
    } finally {
      await session.close();
      await other.close();
    }
  });
});
