/** What a child may answer, checked by the host before anything of it is used. */
import { z } from 'zod';
import { CSV_LIMITS } from './artifacts/predictions-csv.ts';
import { DTYPES } from './tensor.ts';
import type { DType } from './tensor.ts';

const MAX_TENSORS = 256;
/** As many as an archive may hold. */
const MAX_FILES = 1000;
const name = z.string().min(1).max(256);
const dtype = z.enum(Object.keys(DTYPES) as [DType, ...DType[]]);
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

const SignatureTensorSchema = z.strictObject({
  name,
  dtype,
  shape: z.array(z.union([count, z.null()])).max(8),
});

const SignatureSchema = z.strictObject({
  inputs: z.array(SignatureTensorSchema).max(MAX_TENSORS),
  outputs: z.array(SignatureTensorSchema).max(MAX_TENSORS),
  layout: z.enum(['nchw', 'nhwc']),
});

const EngineSchema = z.strictObject({
  name: z.enum(['onnxruntime', 'tfjs', 'predictions', 'javascript', 'python']),
  version: z.string().regex(/^[\w.+-]{1,40}$/u),
  provider: z.string().regex(/^[\w-]{1,40}$/u),
  threads: z.number().int().min(0).max(1024),
  fallback_reason: z.string().max(400).optional(),
});

export const TensorHeaderSchema = z.strictObject({ name, dtype, shape: z.array(count).max(8) });

/** Texts are cleaned and bounded again where the failure is made. */
const ParamsSchema = z
  .record(z.string().regex(/^[a-z_]{1,24}$/u), z.union([z.string().max(4096), z.number()]))
  .refine((params) => Object.keys(params).length <= 8);

/** Parts of the body: texts of columns and ids, then texts of labels or rows x columns float64. */
const TableSchema = z
  .strictObject({
    columns: count.max(CSV_LIMITS.columns),
    rows: count.max(CSV_LIMITS.cells),
    form: z.enum(['labels', 'scores']),
    /** Bytes of each UTF-8 text part. */
    text_bytes: z.strictObject({ columns: count, ids: count, labels: count }),
  })
  .refine(({ rows, columns }) => rows * columns <= CSV_LIMITS.cells);

export const AnswerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('model'), signature: SignatureSchema, engine: EngineSchema }),
  z.strictObject({
    type: z.literal('files'),
    files: z.array(z.strictObject({ name, bytes: count })).max(MAX_FILES),
  }),
  z.strictObject({ type: z.literal('predictions'), table: TableSchema, engine: EngineSchema }),
  z.strictObject({
    type: z.literal('outputs'),
    id: count,
    tensors: z.array(TensorHeaderSchema).max(MAX_TENSORS),
  }),
  /** The accelerator computed something that the processor did not. */
  z.strictObject({ type: z.literal('distrusted'), what: z.enum(['differs', 'fails']) }),
  z.strictObject({ type: z.literal('failed'), reason: z.string().max(64), params: ParamsSchema }),
]);

export type Answer = z.infer<typeof AnswerSchema>;
