/**
 * The one way into the engines: decides from names and first bytes what a submission is, opens it and
 * loads it. Engines are imported when their lane is taken and not before.
 */
import { looksLikeZip, readArchive } from '../artifacts/archive.ts';
import { pythonEntry } from '../artifacts/python-files.ts';
import { EvaluationFailure } from '../failure.ts';
import type { ArtifactFile } from '../request.ts';
import type { Lane, LoadArtifact, LoadOptions } from '../runner.ts';

/** Weights that only their own framework can open; the page says how to export them. */
const FRAMEWORK_EXTENSIONS: ReadonlySet<string> = new Set([
  '.pt',
  '.pth',
  '.ckpt',
  '.h5',
  '.hdf5',
  '.keras',
  '.pb',
  '.tflite',
  '.safetensors',
  '.pkl',
  '.pickle',
  '.joblib',
]);

/** Lanes that this child can open; Python it only unpacks. */
const LANES: readonly Lane[] = ['onnx', 'tfjs', 'javascript', 'python', 'predictions'];

/**
 * @throws EvaluationFailure for everything that the entrant can put right.
 */
export const loadArtifact: LoadArtifact = async (uploaded, options) => {
  refuseFrameworkWeights(uploaded);
  refuseEmpty(uploaded);
  checkTotal(uploaded, options);
  const files = await unpack(uploaded, options);
  const { lane, file } = chooseModel(files);
  const accepted = LANES.filter((each) => options.accepts.includes(each));
  if (!accepted.includes(lane)) {
    throw new EvaluationFailure('lane-not-accepted', { lane, accepted: accepted.join(', ') });
  }
  if (lane === 'python') return { kind: 'files', files };
  if (options.handBackWeights === true && files !== uploaded && isWeights(lane))
    return { kind: 'files', files };
  if (lane === 'predictions') {
    const { loadPredictions } = await import('./predictions.ts');
    return loadPredictions(file);
  }
  const others = new Map(
    files.filter((each) => each !== file).map(({ name, bytes }) => [name, bytes]),
  );
  if (lane === 'javascript') {
    const { loadJavascript } = await import('./javascript.ts');
    return { kind: 'model', runner: await loadJavascript(file, others, options) };
  }
  if (lane === 'onnx') {
    const { loadOnnx } = await import('./onnx.ts');
    return { kind: 'model', runner: await loadOnnx(file, others, options) };
  }
  const { loadTfjs } = await import('./tfjs.ts');
  return { kind: 'model', runner: await loadTfjs(file, others, options) };
};

function isWeights(lane: Lane): boolean {
  return lane === 'onnx' || lane === 'tfjs';
}

async function unpack(
  files: readonly ArtifactFile[],
  options: LoadOptions,
): Promise<readonly ArtifactFile[]> {
  const zip = files.find((file) => extension(file.name) === '.zip') ?? onlyIfUnnamedZip(files);
  if (zip === undefined) return files;
  if (files.length > 1) throw mixed(files);
  const unpacked = await readArchive(zip, { bytes: options.limits.artifact_mb * 2 ** 20 });
  if (unpacked.length === 0) throw new EvaluationFailure('unknown-format', { file: zip.name });
  refuseFrameworkWeights(unpacked);
  refuseEmpty(unpacked);
  return unpacked;
}

/** A lone file that is a zip by its first bytes and nothing else by its name. */
function onlyIfUnnamedZip(files: readonly ArtifactFile[]): ArtifactFile | undefined {
  const [file] = files;
  if (files.length !== 1 || file === undefined || laneOf(file.name) !== null) return undefined;
  return looksLikeZip(file.bytes) ? file : undefined;
}

function chooseModel(files: readonly ArtifactFile[]): { lane: Lane; file: ArtifactFile } {
  const found = files.flatMap((file) => {
    const lane = laneOf(file.name);
    return lane === null ? [] : [{ lane, file }];
  });
  // Code decides what the files beside it are for; weights among them are its own to run.
  const entry = pythonEntry(files.map(({ name }) => name));
  const code = found.filter(({ lane, file }) =>
    entry === null ? lane === 'javascript' || lane === 'python' : file.name === entry,
  );
  const [only, another] = code.length > 0 ? code : found;
  if (only === undefined) {
    throw new EvaluationFailure('unknown-format', { file: files[0]?.name ?? '' });
  }
  if (another !== undefined) throw mixed(found.map(({ file }) => file));
  const names = new Set(files.map(({ name }) => name.toLowerCase()));
  if (names.size !== files.length) throw mixed(files);
  return only;
}

function laneOf(name: string): Lane | null {
  switch (extension(name)) {
    case '.onnx':
      return 'onnx';
    case '.json':
      return 'tfjs';
    case '.csv':
      return 'predictions';
    case '.js':
    case '.mjs':
      return 'javascript';
    case '.py':
      return 'python';
    default:
      return null;
  }
}

/** Beside Python code they are what they should be. */
function refuseFrameworkWeights(files: readonly ArtifactFile[]): void {
  if (pythonEntry(files.map(({ name }) => name)) !== null) return;
  for (const { name } of files) {
    const found = extension(name);
    if (FRAMEWORK_EXTENSIONS.has(found)) {
      throw new EvaluationFailure('framework-weights', { file: name, extension: found });
    }
  }
}

function refuseEmpty(files: readonly ArtifactFile[]): void {
  const empty = files.find((file) => file.bytes.length === 0);
  if (empty !== undefined) throw new EvaluationFailure('empty-file', { file: empty.name });
}

function checkTotal(files: readonly ArtifactFile[], options: LoadOptions): void {
  const total = files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (total > options.limits.artifact_mb * 2 ** 20) {
    throw new EvaluationFailure('artifact-too-large', { limit_mb: options.limits.artifact_mb });
  }
}

function mixed(files: readonly ArtifactFile[]): EvaluationFailure {
  return new EvaluationFailure('mixed-artifact', {
    files: files.map(({ name }) => name).join(', '),
  });
}

/** The last extension in lower case with its dot; empty when there is none. */
function extension(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot).toLowerCase();
}
