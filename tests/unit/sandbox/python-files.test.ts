import { describe, expect, it } from 'vitest';
import { pythonEntry, pythonFiles } from '../../../sandbox/artifacts/python-files.ts';
import { expectFailure } from '../../sandbox/expect-failure.ts';

const limits = { artifact_mb: 1, memory_mb: 64 };
const file = (name: string, bytes = 1) => ({ name, bytes: new Uint8Array(bytes) });

describe('pythonEntry', () => {
  it.each([
    [['model.py'], 'model.py'],
    [['model.py', 'net.py', 'model.onnx', 'weights.pt', 'data.csv'], 'model.py'],
    [['net.PY', 'weights.pt'], 'net.PY'],
    [['net.py', 'layers.py'], null],
    [['model.py', 'model.js'], null],
    [['model.py', 'worker.MJS'], null],
    [['model.py', 'more.zip'], null],
    [['model.onnx'], null],
    [['model.pyc'], null],
    [[], null],
  ])('finds in %j the entry %j', (names, entry) => {
    expect(pythonEntry(names)).toBe(entry);
  });
});

describe('pythonFiles', () => {
  it('gives the entry its own name and keeps all others', () => {
    const files = [file('Net.py', 3), file('weights.pt', 2)];
    expect(pythonFiles(files, limits)).toEqual([file('model.py', 3), file('weights.pt', 2)]);
  });

  it('refuses what cannot be one submission', async () => {
    const refuse = (...files: { name: string; bytes: Uint8Array }[]) => {
      return () => pythonFiles(files, limits);
    };
    await expectFailure(refuse(file('a.py'), file('b.py')), 'mixed-artifact', {
      files: 'a.py, b.py',
    });
    await expectFailure(refuse(file('model.py'), file('x'), file('x')), 'mixed-artifact');
    await expectFailure(refuse(file('model.py'), file('weights', 0)), 'empty-file', {
      file: 'weights',
    });
    await expectFailure(refuse(file('model.py'), file('weights', 2 ** 20)), 'artifact-too-large', {
      limit_mb: 1,
    });
    const many = Array.from({ length: 64 }, (_, index) => file(String(index)));
    await expectFailure(refuse(file('model.py'), ...many), 'too-many-files', { limit: 64 });
  });

  it.each(['a/b', '../x', '..', '.', '', 'a\0b', '/etc/passwd', 'é'.repeat(128)])(
    'never makes a path or an argument of %j',
    (name) => {
      expect(() => pythonFiles([file('model.py'), file(name)], limits)).toThrow('no flat name');
    },
  );
});
