/** The Ed25519 key that signs receipts: one file in the data folder, made at the first start. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface PublicKey {
  /** First 16 hex digits of the SHA-256 of the raw public key. */
  readonly key_id: string;
  /** The raw 32 bytes in base64url, as in a JSON Web Key. */
  readonly public_key: string;
}

export interface SigningKey extends PublicKey {
  /** @returns the signature in base64url. */
  sign(text: string): string;
}

const FILE = 'receipt-key.pem';

/**
 * Opens the key of a data folder, and makes it when there is none. Two processes that start at the same
 * moment get the same key.
 */
export async function openSigningKey(dataDir: string): Promise<SigningKey> {
  const file = join(dataDir, FILE);
  const pem = (await readOptional(file)) ?? (await createKey(dataDir, file));
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} is not an Ed25519 key`);
  return {
    ...describe(key),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64url'),
  };
}

async function readOptional(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function createKey(dataDir: string, file: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  // Whole from the first moment on, and never over a key that another process has just made.
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, pem, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
}

function describe(key: KeyObject): PublicKey {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new Error('the key has no public half');
  return { key_id: keyIdOf(x), public_key: x };
}

/** The id that belongs to a public key. */
export function keyIdOf(public_key: string): string {
  return createHash('sha256')
    .update(Buffer.from(public_key, 'base64url'))
    .digest('hex')
    .slice(0, 16);
}

/** @returns false also when the key or the signature is no key or signature at all. */
export function isSignedBy(public_key: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: public_key },
      format: 'jwk',
    });
    return verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}
