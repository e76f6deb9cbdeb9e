/** Writes zips header by header, so that a test can also write the ones that no packer would. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly content?: Uint8Array | string;
  readonly isStored?: boolean;
  readonly flags?: number;
  readonly method?: number;
  /** High half of the external attributes. */
  readonly mode?: number;
  /** Low half of the external attributes. */
  readonly attributes?: number;
  /** What the headers say instead of the truth. */
  readonly size?: number;
  readonly packedSize?: number;
  readonly crc?: number;
  readonly localName?: string;
  readonly localSize?: number;
  readonly localMethod?: number;
  /** Bytes to store as the body, as they are. */
  readonly body?: Uint8Array;
  /** Share the local header and body of the entry with this index. */
  readonly bodyOf?: number;
}

const encoder = new TextEncoder();
const UTF8_FLAG = 0x800;

export function bytesOfText(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? encoder.encode(content) : content;
}

function header(
  size: number,
  fields: readonly (readonly [at: number, width: 2 | 4, value: number])[],
): Buffer {
  const buffer = Buffer.alloc(size);
  for (const [at, width, value] of fields) buffer.writeUIntLE(value, at, width);
  return buffer;
}

export function zip(
  entries: readonly ZipEntry[],
  options: {
    readonly comment?: string;
    readonly prefix?: Uint8Array;
    readonly suffix?: Uint8Array;
    readonly declaredCount?: number;
  } = {},
): Uint8Array {
  const parts: Uint8Array[] = options.prefix === undefined ? [] : [options.prefix];
  let at = options.prefix?.length ?? 0;
  const offsets: number[] = [];
  const central: Uint8Array[] = [];
  for (const [index, entry] of entries.entries()) {
    const name = bytesOfText(entry.name);
    const content = bytesOfText(entry.content ?? '');
    const body = entry.body ?? (entry.isStored === true ? content : deflateRawSync(content));
    const method = entry.method ?? (entry.isStored === true ? 0 : 8);
    const flags = entry.flags ?? UTF8_FLAG;
    const crc = entry.crc ?? crc32(content);
    const size = entry.size ?? content.length;
    const packedSize = entry.packedSize ?? body.length;
    const shared = entry.bodyOf === undefined ? undefined : offsets[entry.bodyOf];
    const offset = shared ?? at;
    offsets[index] = offset;
    if (shared === undefined) {
      const localName = entry.localName === undefined ? name : bytesOfText(entry.localName);
      const local = header(30, [
        [0, 4, 0x04034b50],
        [4, 2, 20],
        [6, 2, flags],
        [8, 2, entry.localMethod ?? method],
        [14, 4, crc],
        [18, 4, packedSize],
        [22, 4, entry.localSize ?? size],
        [26, 2, localName.length],
      ]);
      parts.push(local, localName, body);
      at += local.length + localName.length + body.length;
    }
    central.push(
      header(46, [
        [0, 4, 0x02014b50],
        [4, 2, (3 << 8) | 20],
        [6, 2, 20],
        [8, 2, flags],
        [10, 2, method],
        [16, 4, crc],
        [20, 4, packedSize],
        [24, 4, size],
        [28, 2, name.length],
        [38, 2, entry.attributes ?? 0],
        [40, 2, entry.mode ?? 0o100644],
        [42, 4, offset],
      ]),
      name,
    );
  }
  const directory = Buffer.concat(central);
  const comment = bytesOfText(options.comment ?? '');
  const count = options.declaredCount ?? entries.length;
  const end = header(22, [
    [0, 4, 0x06054b50],
    [8, 2, count],
    [10, 2, count],
    [12, 4, directory.length],
    [16, 4, at],
    [20, 2, comment.length],
  ]);
  return Buffer.concat([...parts, directory, end, comment, options.suffix ?? new Uint8Array(0)]);
}
