/** The schema of `task.yaml`. Its errors name file and line, key, what was found and what is expected. */
import { LineCounter, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { EvaluationFailure } from '../sandbox/failure.ts';
import { PREPARER_NAMES } from './prepare.ts';
import type { PrepareSpec } from './preparer.ts';
import { KIND_NAMES, getKind } from './registry.ts';
import type { TaskSpec } from './task.ts';

export const TASK_FILE = 'task.yaml';

/** A plain text is the same in every language. */
const LocalizedSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { en: value, es: value } : value),
  z.strictObject({ en: z.string().min(1), es: z.string().min(1) }),
);

/** Texts that only the pages show may be left out. */
const OptionalTextSchema = LocalizedSchema.default({ en: '', es: '' });

/** A path that cannot leave the folder by its spelling; links are checked when the file is opened. */
const PathSchema = z
  .string()
  .refine(
    (path) =>
      path !== '' &&
      !path.includes('\\') &&
      !path.includes('\0') &&
      path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') &&
      !/^[a-z]:/i.test(path),
    'a path inside the task folder, with forward slashes',
  );

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const NameSchema = z
  .string()
  .regex(NAME, 'lower-case letters, digits, - and _, starting with a letter');

const unique = (list: readonly string[]) => new Set(list).size === list.length;

const SplitSchema = z.strictObject({
  inputs: PathSchema,
  targets: PathSchema,
  ids: PathSchema.optional(),
  // The defaults give away least.
  share: z.enum(['download', 'inputs', 'hidden']).default('hidden'),
  shown: z.enum(['at-once', 'after-close']).default('after-close'),
  detail: z.enum(['coarse', 'full']).default('coarse'),
});

const ReferenceSchema = z.strictObject({
  name: z.string().min(1),
  scores: z.record(z.string(), z.number()),
  source: z.string().min(1),
  note: LocalizedSchema.optional(),
});

const LIMITS = { wall_ms: 60_000, memory_mb: 2048, artifact_mb: 100 };

const TaskFileSchema = z
  .strictObject({
    name: NameSchema,
    kind: z.enum(KIND_NAMES as [string, ...string[]]),
    title: LocalizedSchema,
    description: OptionalTextSchema,
    input: z.strictObject({
      name: z.string().min(1).default('image'),
      dtype: z.enum(['uint8', 'float32']),
      shape: z.array(z.int().positive()).length(3, 'three numbers: height, width, channels'),
      scale: z.number().positive().default(1),
    }),
    output: z.strictObject({
      classes: z.array(z.string().min(1)).min(2).refine(unique, 'class names that differ'),
      form: z.literal('scores').default('scores'),
    }),
    splits: z
      .record(NameSchema, SplitSchema)
      .refine((splits) => Object.keys(splits).length > 0, 'at least one split'),
    prepare: z
      .object({
        with: z.enum(PREPARER_NAMES as [string, ...string[]]),
        seed: z.int().nonnegative(),
      })
      .catchall(z.int().positive())
      .optional(),
    metrics: z
      .array(z.strictObject({ name: z.string(), primary: z.boolean().default(false) }))
      .refine((metrics) => unique(metrics.map(({ name }) => name)), 'metrics that differ')
      .refine(
        (metrics) => metrics.filter(({ primary }) => primary).length === 1,
        'exactly one metric with primary: true',
      ),
    accepts: z
      .array(z.enum(['onnx', 'tfjs', 'javascript', 'python', 'predictions']))
      .min(1)
      .refine(unique, 'lanes that differ'),
    limits: z
      .strictObject({
        wall_ms: z.int().min(1000).default(LIMITS.wall_ms),
        memory_mb: z.int().min(128).default(LIMITS.memory_mb),
        artifact_mb: z.int().min(1).default(LIMITS.artifact_mb),
        output_mb: z.int().min(1).optional(),
        log_kb: z.int().min(1).optional(),
        cpu_ms: z.int().min(1000).optional(),
        processes: z.int().min(32).max(4096).optional(),
      })
      .default(LIMITS),
    licence: z.string().default(''),
    credit: OptionalTextSchema,
    notice: LocalizedSchema.optional(),
    baselines: z
      .array(
        z.strictObject({
          name: LocalizedSchema,
          artifact: z.preprocess(
            (value) => (typeof value === 'string' ? [value] : value),
            z.array(PathSchema).min(1),
          ),
          source: z.string().default(''),
        }),
      )
      .default([]),
    /** Inline, or the path of a CSV in the columns of references.csv. */
    references: z.union([PathSchema, z.array(ReferenceSchema)]).default([]),
  })
  .superRefine((task, context) => {
    const known = getKind(task.kind).metrics;
    for (const [index, { name }] of task.metrics.entries()) {
      if (!known.includes(name)) {
        context.addIssue({
          code: 'custom',
          path: ['metrics', index, 'name'],
          message: `one of ${known.join(', ')}`,
        });
      }
    }
  });

export interface TaskFile {
  readonly spec: Omit<TaskSpec, 'references'>;
  readonly references: string | TaskSpec['references'];
  readonly prepare: PrepareSpec | null;
}

/** @throws EvaluationFailure `task-invalid` for the first thing that is wrong. */
export function parseTaskFile(text: string): TaskFile {
  const { file, problems } = checkTaskFile(text);
  if (file === null) throw problems[0] ?? new Error('the schema failed without an issue');
  return file;
}

/** Everything that is wrong, as `task-invalid` failures; the file is null when something is. */
export function checkTaskFile(text: string): {
  readonly file: TaskFile | null;
  readonly problems: readonly EvaluationFailure[];
} {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    const { line } = lines.linePos(syntaxError.pos[0]);
    return refused([invalid(line, '(YAML)', 'valid YAML', syntaxError.code)]);
  }
  let data: unknown;
  try {
    data = document.toJS();
  } catch {
    // Aliases that multiply, or that name no anchor.
    return refused([invalid(1, '(YAML)', 'aliases that can be resolved', 'others')]);
  }
  const parsed = TaskFileSchema.safeParse(data);
  if (!parsed.success) return refused(toProblems(parsed.error.issues, data, document, lines));
  const { references, prepare, ...spec } = parsed.data;
  if (prepare === undefined) return { file: { spec, references, prepare: null }, problems: [] };
  const { with: preparer, seed, ...sizes } = prepare;
  return { file: { spec, references, prepare: { with: preparer, seed, sizes } }, problems: [] };
}

function refused(problems: readonly EvaluationFailure[]): ReturnType<typeof checkTaskFile> {
  return { file: null, problems };
}

type Issue = z.core.$ZodIssue;

function toProblems(
  issues: readonly Issue[],
  data: unknown,
  document: Document,
  lines: LineCounter,
): EvaluationFailure[] {
  const isUnknownKey = ({ code }: Issue) => code === 'unrecognized_keys';
  // A key that nobody knows is often the misspelt name of one that is missing: say that first.
  const ordered = [...issues.filter(isUnknownKey), ...issues.filter((i) => !isUnknownKey(i))];
  return ordered.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const similar = closest(key, siblings(issues, path));
        return invalid(
          lineOf(document, lines, [...path, key]),
          [...path, key].join('.'),
          similar === null ? 'no such key' : `no such key; did you mean ${similar}?`,
          key,
        );
      });
    }
    const received = path.reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined,
      data,
    );
    const at = path.join('.') || '(top)';
    return [invalid(lineOf(document, lines, path), at, expectation(issue), describe(received))];
  });
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `${issue.origin === 'array' ? 'a list of ' : ''}at least ${issue.minimum}`;
    case 'too_big':
      return `${issue.origin === 'array' ? 'a list of ' : ''}at most ${issue.maximum}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    case 'invalid_union':
      return 'a path or a list';
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return issue.message;
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'list' : 'map';
  return JSON.stringify(value);
}

/** Known keys of the object at `path`; zod does not say them, so they come from the issues or the list. */
function siblings(issues: readonly Issue[], path: readonly PropertyKey[]): string[] {
  const missing = issues
    .filter(({ path: other }) => other.length === path.length + 1)
    .map(({ path: other }) => String(other.at(-1)));
  return [...missing, ...KNOWN_KEYS];
}

/** Every key that a task.yaml may have, whatever its place. */
export const KNOWN_KEYS: readonly string[] = [
  ...Object.keys(TaskFileSchema.shape),
  ...Object.keys(TaskFileSchema.shape.input.shape),
  ...Object.keys(TaskFileSchema.shape.output.shape),
  ...Object.keys(SplitSchema.shape),
  ...Object.keys(ReferenceSchema.shape),
  ...Object.keys(LIMITS),
  ...['output_mb', 'log_kb', 'cpu_ms', 'processes'],
  'artifact',
  'primary',
];

/** The known word within two edits; null where none is near. */
function closest(word: string, known: readonly string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .filter(({ edits }) => edits <= 2)
    .sort((left, right) => left.edits - right.edits);
  return ranked[0]?.candidate ?? null;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** Line of the node at `path`, or of the nearest one above it that is there. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function invalid(line: number, key: string, expected: string, received: string): EvaluationFailure {
  return new EvaluationFailure('task-invalid', {
    file: `${TASK_FILE}:${line}`,
    key,
    expected,
    received,
  });
}
