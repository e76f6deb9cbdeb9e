import type { Db } from '../db/connect.ts';
import { parseReceiptFile, type ReceiptFile } from '../lib/receipt.ts';
import type { PublicKey } from '../lib/signing-key.ts';

export interface StoredReceipt {
  readonly evaluation_id: string;
  /** With every seal opened. */
  readonly file: ReceiptFile;
  readonly created_at: string;
}

export interface ReceiptKey extends PublicKey {
  /** When it first signed. */
  readonly created_at: string;
}

export async function insertReceipt(db: Db, receipt: StoredReceipt): Promise<void> {
  const { evaluation_id, file, created_at } = receipt;
  const { key_id, public_key } = file.signature;
  await db
    .insertInto('receipt_keys')
    .values({ key_id, public_key, created_at })
    .onConflict((oc) => oc.column('key_id').doNothing())
    .execute();
  await db
    .insertInto('receipts')
    .values({ evaluation_id, key_id, receipt_json: JSON.stringify(file), created_at })
    .execute();
}

export async function selectOptionalReceipt(
  db: Db,
  evaluationId: string,
): Promise<StoredReceipt | null> {
  const row = await db
    .selectFrom('receipts')
    .selectAll()
    .where('evaluation_id', '=', evaluationId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { evaluation_id, receipt_json, created_at } = row;
  return { evaluation_id, file: parseReceiptFile(receipt_json), created_at };
}

export async function hasReceipt(db: Db, evaluationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('receipts')
    .select('evaluation_id')
    .where('evaluation_id', '=', evaluationId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Oldest first. */
export async function listReceiptKeys(db: Db): Promise<ReceiptKey[]> {
  return db
    .selectFrom('receipt_keys')
    .selectAll()
    .orderBy('created_at')
    .orderBy('key_id')
    .execute();
}
