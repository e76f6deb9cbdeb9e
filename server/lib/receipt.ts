/**
 * The format of receipts: what is in one, how it is signed, and how anybody checks it without a server.
 *
 * A receipt is signed once, when its evaluation ends, and never again. What not every reader may see yet
 * (scores of closed splits, exact times) is not in the signed text: a salted hash stands there in its place, a
 * *seal*. A reader who may see the value gets it, with its salt, beside the signed text under `opened`, and
 * checks it against the seal. So all readers hold the same signed text, and a value cannot change afterwards.
 */
import { createHash, randomBytes } from 'node:crypto';

import { z } from 'zod';

import { canonicalJson, type Json } from './canonical-json.ts';
import { isSignedBy, keyIdOf, type SigningKey } from './signing-key.ts';

export const RECEIPT_FORMAT = 'certamen-receipt/1';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/u);
const Time = z.iso.datetime();
const Count = z.int().nonnegative();

const ReceiptSchema = z.strictObject({
  /** Address of the site that signed. */
  issuer: z.string(),
  competition: z.string(),
  phase: z.string(),
  submission_id: z.string(),
  evaluation_id: z.string(),
  /** Which attempt ended the evaluation; earlier ones failed through the platform. */
  attempt: Count,
  /** Whole seconds where the phase keeps exact times closed. */
  times: z.strictObject({
    received_at: Time,
    started_at: Time.nullable(),
    finished_at: Time,
    /** From claim to scores, rounded up; null without a result. */
    total_s: z.number().nullable(),
  }),
  artifact: z.strictObject({
    /** Over the lines `<sha256>  <name>\n` of the files, sorted. */
    sha256: Sha256,
    files: z.array(z.strictObject({ name: z.string(), bytes: Count, sha256: Sha256 })),
    /** How raw rows were fed, where the entrant said so. */
    feed: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.number())])),
  }),
  task: z.strictObject({
    name: z.string(),
    kind: z.string(),
    /** Over task.yaml and every data file, keyed by the site where a file is not for download. */
    version: Sha256,
    splits: z.record(
      z.string(),
      z.strictObject({
        role: z.enum(['public', 'private']),
        /** Null when the evaluation ended before the rows were read. */
        rows: Count.nullable(),
      }),
    ),
    limits: z.record(z.string(), z.number()),
  }),
  platform: z.strictObject({
    /** Of this software; the scorers are part of it. */
    version: z.string(),
    metrics: z.array(z.string()),
  }),
  engine: z
    .looseObject({
      name: z.string(),
      version: z.string(),
      provider: z.string(),
      threads: z.number(),
    })
    .nullable(),
  /** Null when nothing was run. */
  isolation: z
    .strictObject({
      level: z.enum(['full', 'partial', 'process']),
      notes: z.array(z.string()),
      /** What the worker's self-test found at its start; null where none was made. */
      self_test: z.array(z.strictObject({ check: z.string(), holds: z.boolean() })).nullable(),
    })
    .nullable(),
  machine: z
    .strictObject({
      cpu: z.string(),
      cores: Count,
      memory_mb: Count,
      os: z.string(),
      arch: z.string(),
      node: z.string(),
    })
    .nullable(),
  outcome: z.strictObject({
    status: z.enum(['succeeded', 'failed']),
    failure: z.strictObject({ kind: z.string(), code: z.string(), reason: z.string() }).nullable(),
  }),
  /**
   * Name to seal: `scores.<split>`, `released.<split>` (what participants see of them), `data.<split>` (SHA-256 of its files), `run` (seed, exact times, memory),
   * `failure` (its parameters), `task` (SHA-256 over its files, where the version is keyed).
   */
  seals: z.record(z.string(), Sha256),
});

const JsonSchema: z.ZodType<Json> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(JsonSchema),
    z.record(z.string(), JsonSchema),
  ]),
);
const OpenedSchema = z.strictObject({ salt: z.string().min(22), value: JsonSchema });

const ReceiptFileSchema = z.strictObject({
  format: z.literal(RECEIPT_FORMAT),
  receipt: ReceiptSchema,
  opened: z.record(z.string(), OpenedSchema),
  signature: z.strictObject({
    algorithm: z.literal('Ed25519'),
    key_id: z.string(),
    public_key: z.string(),
    value: z.string(),
  }),
});

export type Receipt = z.output<typeof ReceiptSchema>;
export type ReceiptFile = z.output<typeof ReceiptFileSchema>;
/** A value and the salt that hides it in its seal. */
export type Opened = z.output<typeof OpenedSchema>;

/** What is signed. The format belongs to it, so that no later one can be read as this. */
function signedText(receipt: Receipt): string {
  return canonicalJson({ format: RECEIPT_FORMAT, receipt: receipt as Json });
}

function sealOf(name: string, { salt, value }: Opened): string {
  return createHash('sha256')
    .update(canonicalJson([name, salt, value]), 'utf8')
    .digest('hex');
}

/** Hides each value in a seal of its own. @returns the seals, and what opens them. */
export function sealValues(values: Readonly<Record<string, Json>>): {
  seals: Record<string, string>;
  opened: Record<string, Opened>;
} {
  const opened = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      // A score is one of few numbers: only the salt keeps it from being found by trying them all.
      { salt: randomBytes(32).toString('base64url'), value },
    ]),
  );
  const seals = Object.fromEntries(
    Object.entries(opened).map(([name, item]) => [name, sealOf(name, item)]),
  );
  return { seals, opened };
}

/** @returns the file with every value opened. Whoever passes it on takes out of `opened` what its reader may not see. */
export function signReceipt(
  key: SigningKey,
  receipt: Receipt,
  opened: Readonly<Record<string, Opened>>,
): ReceiptFile {
  const checked = ReceiptSchema.parse(receipt);
  return {
    format: RECEIPT_FORMAT,
    receipt: checked,
    opened: { ...opened },
    signature: {
      algorithm: 'Ed25519',
      key_id: key.key_id,
      public_key: key.public_key,
      value: key.sign(signedText(checked)),
    },
  };
}

/** @throws when the text is no receipt: one that we wrote ourselves is broken. */
export function parseReceiptFile(text: string): ReceiptFile {
  return ReceiptFileSchema.parse(JSON.parse(text));
}

export type Verification =
  | { readonly ok: true; readonly file: ReceiptFile }
  | {
      readonly ok: false;
      /** What was wrong first. */
      readonly problem: 'not-json' | 'rewritten' | 'structure' | 'key-id' | 'signature' | 'seal';
      readonly detail: string;
    };

/** Tokens of JSON keep what they are; only the space between them is free. */
const SPACE_BETWEEN_TOKENS = /("(?:[^"\\]|\\.)*")|[ \t\r\n]+/gu;

/** Checks everything that can be checked from the file alone: its form, its signature and every opened seal. */
export function verifyReceipt(text: string): Verification {
  const fail = (
    problem: (Verification & { ok: false })['problem'],
    detail: string,
  ): Verification => ({ ok: false, problem, detail });
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return fail('not-json', 'it is not JSON');
  }
  // A key that stands twice, or a number written in another way, could show a reader something else.
  if (text.replace(SPACE_BETWEEN_TOKENS, '$1') !== JSON.stringify(data)) {
    return fail('rewritten', 'it is not written as it was issued');
  }
  const parsed = ReceiptFileSchema.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.map(String).join('.') ?? '';
    return fail('structure', `${place === '' ? 'the file' : place}: ${issue?.message ?? 'wrong'}`);
  }
  const file = parsed.data;
  const { receipt, opened, signature } = file;
  // The last character of base64url has bits that decoding ignores.
  const asWritten = [signature.public_key, signature.value].every(
    (part) => Buffer.from(part, 'base64url').toString('base64url') === part,
  );
  if (!asWritten || keyIdOf(signature.public_key) !== signature.key_id) {
    return fail('key-id', 'the key id is not that of the public key');
  }
  if (!isSignedBy(signature.public_key, signedText(receipt), signature.value)) {
    return fail('signature', 'the signature is not that of the receipt under its key');
  }
  for (const [name, item] of Object.entries(opened)) {
    if (!Object.hasOwn(receipt.seals, name) || receipt.seals[name] !== sealOf(name, item)) {
      return fail('seal', `the value of ${name} is not the one that was sealed`);
    }
  }
  return { ok: true, file };
}
