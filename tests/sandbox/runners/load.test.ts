import { describe, expect, it } from 'vitest';
import { loadArtifact } from '../../../sandbox/runners/load.ts';
import { expectFailure } from '../expect-failure.ts';
import { OPTIONS, file, load, loadModel, loadTable } from '../load-options.ts';
import { linearModel } from '../make-onnx.ts';
import { jsonFile, linearGraph, upload } from '../make-tfjs.ts';
import { zip } from '../make-zip.ts';

const ONNX = linearModel(Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(10, 20, 30));
const CSV = 'id,label\na,1\n';

describe('a submission', () => {
  it('is told apart by its files', async () => {
    expect((await loadModel(file('my model.ONNX', ONNX))).engine.name).toBe('onnxruntime');
    expect((await loadModel(...upload(linearGraph()))).engine.name).toBe('tfjs');
    expect((await loadTable(file('predictions.csv', CSV))).ids).toEqual(['a']);
  });

  it('may be a zip of any lane, whatever the zip is called', async () => {
    const onnx = zip([{ name: 'export/model.onnx', content: ONNX }]);
    expect((await loadModel(file('export.zip', onnx))).engine.name).toBe('onnxruntime');
    expect((await loadModel(file('upload', onnx))).engine.name).toBe('onnxruntime');
    const csv = zip([{ name: 'predictions.csv', content: CSV }]);
    expect((await loadTable(file('p.zip', csv))).labels).toEqual(['1']);
  });

  it('may bring files that nothing reads', async () => {
    const runner = await loadModel(file('README.md', 'notes'), file('model.onnx', ONNX));
    expect(runner.engine.name).toBe('onnxruntime');
  });

  it.each([
    '.pt',
    '.pth',
    '.h5',
    '.hdf5',
    '.keras',
    '.safetensors',
    '.pkl',
    '.joblib',
    '.ckpt',
    '.pb',
    '.tflite',
    '.PT',
  ])('is refused by name with weights of a framework: %s', async (extension) => {
    const name = `model${extension}`;
    await expectFailure(() => load(file(name, 'PK\u0003\u0004')), 'framework-weights', {
      file: name,
      extension: extension.toLowerCase(),
    });
    const packed = zip([{ name, content: 'x' }]);
    await expectFailure(() => load(file('a.zip', packed)), 'framework-weights', { file: name });
  });

  it.each(['model.onnx', 'model.json', 'predictions.csv', 'model.zip', 'model.pth2', ''])(
    'is refused with an empty file: %s',
    async (name) => {
      await expectFailure(() => load(file(name, '')), 'empty-file', { file: name });
    },
  );

  it('is refused with an empty file among others or in a zip', async () => {
    await expectFailure(
      () => load(file('model.onnx', ONNX), file('model.onnx.data', '')),
      'empty-file',
      { file: 'model.onnx.data' },
    );
    const packed = zip([{ name: 'model.onnx', content: '' }]);
    await expectFailure(() => load(file('a.zip', packed)), 'empty-file', { file: 'model.onnx' });
  });

  it.each([
    ['text', 'notes.txt', 'hello'],
    ['shards alone', 'group1-shard1of1.bin', '\u0001\u0002'],
    ['external data alone', 'model.onnx.data', '\u0001\u0002'],
    ['no extension', 'model', 'hello'],
    ['a name of dots', '...', 'hello'],
    ['a hidden file', '.onnx', 'hello'],
    ['a picture', 'digit.png', '\u0089PNG'],
  ])('is refused as an unknown format: %s', async (_title, name, content) => {
    await expectFailure(() => load(file(name, content)), 'unknown-format', { file: name });
  });

  it('is refused with nothing at all, in files or in a zip', async () => {
    await expectFailure(() => load(), 'unknown-format');
    await expectFailure(() => load(file('a.zip', zip([]))), 'unknown-format', { file: 'a.zip' });
  });

  it.each([
    ['two models', [file('a.onnx', ONNX), file('b.onnx', ONNX)]],
    ['models of two lanes', [file('a.onnx', ONNX), file('p.csv', CSV)]],
    ['two model.json', [jsonFile({}), jsonFile({}, 'other.json')]],
    ['a zip and a model', [file('a.zip', zip([])), file('a.onnx', ONNX)]],
    [
      'names that only differ in case',
      [file('a.onnx', ONNX), file('W.bin', 'x'), file('w.bin', 'x')],
    ],
  ])('is refused when it holds %s', async (_title, files) => {
    await expectFailure(() => load(...files), 'mixed-artifact');
  });

  it('is refused beyond the limit of its task', async () => {
    const big = file('model.onnx', new Uint8Array(16 * 2 ** 20 + 1));
    await expectFailure(() => load(big), 'artifact-too-large', { limit_mb: 16 });
  });

  it.each([
    ['onnx', file('model.onnx', ONNX), ['tfjs', 'predictions']],
    ['tfjs', jsonFile({}), ['onnx']],
    ['predictions', file('p.csv', CSV), ['onnx', 'tfjs']],
    ['javascript', file('model.js', 'x'), ['onnx']],
    ['python', file('model.py', 'x'), ['onnx']],
  ] as const)('is refused when its task does not take the lane %s', async (lane, one, accepts) => {
    const options = { ...OPTIONS, accepts };
    await expectFailure(() => loadArtifact([one], options), 'lane-not-accepted', {
      lane,
      accepted: accepts.join(', '),
    });
  });
});
