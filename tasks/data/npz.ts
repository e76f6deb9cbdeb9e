/** NumPy's `.npz` archives: a zip of `.npy` files, stored (`savez`) or deflated (`savez_compressed`). */
import { promisify } from 'node:util';
import { crc32, deflateRaw, deflateRawSync } from 'node:zlib';
import yauzl from 'yauzl';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { NamedTensor, Tensor } from '../../sandbox/tensor.ts';
import { DataFormatError } from './format-error.ts';
import { encodeNpy, parseNpy } from './npy.ts';

const MAX_MEMBERS = 1024;
/** Inflated bytes of all members together. */
const MAX_INFLATED_BYTES = 8 * 1024 ** 3;
const NPY_ENDING = '.npy';

/** 1980-01-01, the first date a zip can say: equal content gives equal bytes. */
const DOS_DATE = 0x0021;
const UTF8_NAMES = 0x0800;
const VERSION = 20;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;
const ZIP32_LIMIT = 0xffffffff;

/**
 * @returns arrays by name (without `.npy`), in archive order.
 * @throws DataFormatError for a broken archive, a member that is no array, or a name that comes twice.
 */
export async function parseNpz(bytes: Uint8Array): Promise<Map<string, Tensor>> {
  const arrays = new Map<string, Tensor>();
  for (const [name, content] of await readMembers(bytes)) {
    try {
      arrays.set(name, parseNpy(content));
    } catch (error) {
      if (!(error instanceof DataFormatError)) throw error;
      throw new DataFormatError(`array ${name}: ${error.message}`, { cause: error });
    }
  }
  return arrays;
}

/**
 * {@link parseNpz} for a command: arrays as a list, and a failure that names the file.
 *
 * @throws EvaluationFailure `split-data`.
 */
export async function readNpz(bytes: Uint8Array, file: string): Promise<NamedTensor[]> {
  try {
    return Array.from(await parseNpz(bytes), ([name, tensor]) => ({ name, ...tensor }));
  } catch (error) {
    if (!(error instanceof DataFormatError)) throw error;
    throw new EvaluationFailure('split-data', { file, detail: error.message }, { cause: error });
  }
}

/** {@link encodeNpz} of a list, compressed. */
export function writeNpz(arrays: readonly NamedTensor[]): Uint8Array {
  return encodeNpz(Object.fromEntries(arrays.map((array) => [array.name, array])));
}

/** The `.npy` bytes of each member by name, for members that are no numeric arrays. */
export async function readMembers(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>();
  let inflated = 0;
  try {
    const zip = await yauzl.fromBufferPromise(Buffer.from(bytes), {
      lazyEntries: true,
      strictFileNames: true,
    });
    if (zip.entryCount > MAX_MEMBERS) {
      throw new DataFormatError(`the archive has more than ${MAX_MEMBERS} arrays`);
    }
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith(NPY_ENDING)) {
        throw new DataFormatError('the archive holds something that is not a .npy array');
      }
      const name = entry.fileName.slice(0, -NPY_ENDING.length);
      if (members.has(name)) throw new DataFormatError(`array ${name} comes twice`);
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) {
        const part = chunk as Buffer;
        inflated += part.length;
        if (inflated > MAX_INFLATED_BYTES) throw new DataFormatError('the arrays are too large');
        chunks.push(part);
      }
      const content = Buffer.concat(chunks);
      if (crc32(content) !== entry.crc32) {
        throw new DataFormatError(`array ${name} is damaged: its checksum does not match`);
      }
      members.set(name, content);
    }
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw new DataFormatError('this is not a readable .npz (zip) file', { cause: error });
  }
  return members;
}

type Arrays = Readonly<Record<string, Tensor | Uint8Array>>;

/**
 * One zip of the arrays, in the order given. Equal content gives equal bytes.
 *
 * @param arrays tensors, or the bytes of `.npy` files.
 */
export function encodeNpz(
  arrays: Arrays,
  options: { readonly compress: boolean } = { compress: true },
): Uint8Array {
  const members = toMembers(arrays).map(({ name, content }) => ({
    name,
    content,
    body: options.compress ? deflateRawSync(content) : content,
  }));
  return zip(members, options.compress ? METHOD_DEFLATED : METHOD_STORED);
}

/** The bytes of {@link encodeNpz}, deflated without holding up the event loop. */
export async function encodeNpzInBackground(arrays: Arrays): Promise<Uint8Array> {
  const members = await Promise.all(
    toMembers(arrays).map(async (member) => ({
      ...member,
      body: await deflateRawInBackground(member.content),
    })),
  );
  return zip(members, METHOD_DEFLATED);
}

const deflateRawInBackground = promisify(deflateRaw);

function toMembers(arrays: Arrays): { name: string; content: Uint8Array }[] {
  return Object.entries(arrays).map(([name, array]) => ({
    name,
    content: array instanceof Uint8Array ? array : encodeNpy(array),
  }));
}

function zip(
  members: readonly { name: string; content: Uint8Array; body: Uint8Array }[],
  method: number,
): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, body } of members) {
    const fileName = Buffer.from(`${name}${NPY_ENDING}`);
    // The fields that a local header and its directory entry share: version to extra length.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(UTF8_NAMES, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt16LE(0, 6);
    common.writeUInt16LE(DOS_DATE, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(fileName.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, fileName]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02', 'latin1'),
        Buffer.from([VERSION, 0]),
        common,
        rest,
        fileName,
      ]),
    );
    parts.push(local, Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    offset += local.length + body.length;
    if (offset > ZIP32_LIMIT) throw new RangeError('the archive would be larger than 4 GiB');
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}
