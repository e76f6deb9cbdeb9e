/** A folder of pictures, in one folder per class or side by side: PNG, and binary PGM and PPM. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Tensor } from '../../sandbox/tensor.ts';
import { DataFormatError } from './format-error.ts';
import { decodePng, isPng, type Picture } from './png.ts';

export interface ImageFolder {
  /** uint8 [N, height, width, channels]. */
  readonly images: Tensor;
  /** Name of the folder of each picture; null where they lie side by side. */
  readonly labels: readonly string[] | null;
}

/** Classes by name, pictures by name within them: `10.png` after `9.png`. */
const collator = new Intl.Collator('en', { numeric: true });
/** Files that are open at a time. */
const AT_ONCE = 32;
const PICTURE = /\.(png|pgm|ppm)$/iu;
const OTHER_PICTURE = /\.(jpe?g|gif|bmp|tiff?|webp|svg|heic|avif)$/iu;

/** @throws DataFormatError naming the file. */
export async function readImageFolder(folder: string): Promise<ImageFolder> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(
    ({ name }) => !name.startsWith('.'),
  );
  const classes = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const files: { file: string; label: string | null }[] = [];
  if (classes.length === 0) {
    for (const file of pictures(entries.map(({ name }) => name))) files.push({ file, label: null });
  }
  for (const label of classes.sort(collator.compare)) {
    const names = pictures(await readdir(path.join(folder, label)));
    for (const name of names) files.push({ file: path.join(label, name), label });
  }
  if (files.length === 0) throw new DataFormatError('there is no .png, .pgm or .ppm in the folder');

  const list: Picture[] = [];
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const part = files.slice(from, from + AT_ONCE).map(({ file }) => readPicture(folder, file));
    list.push(...(await Promise.all(part)));
  }
  const [first] = list;
  if (first === undefined) throw new DataFormatError('there is no picture');
  const { width, height } = first;
  const odd = list.findIndex((picture) => picture.width !== width || picture.height !== height);
  if (odd >= 0) {
    const other = list[odd] ?? first;
    throw new DataFormatError(
      `${files[odd]?.file ?? ''} is ${other.width} x ${other.height} pixels and the first picture ${width} x ${height}: make them one size`,
    );
  }
  const channels = list.some((picture) => picture.channels === 3) ? 3 : 1;
  const size = width * height * channels;
  const data = new Uint8Array(list.length * size);
  for (const [row, picture] of list.entries()) data.set(asChannels(picture, channels), row * size);
  return {
    images: { dtype: 'uint8', shape: [list.length, height, width, channels], data },
    labels: classes.length === 0 ? null : files.map(({ label }) => label ?? ''),
  };
}

function pictures(names: readonly string[]): string[] {
  const other = names.find((name) => OTHER_PICTURE.test(name));
  if (other !== undefined) {
    throw new DataFormatError(
      `${other}: pictures are read from PNG, PGM and PPM; convert them, as with "mogrify -format png *"`,
    );
  }
  return names.filter((name) => PICTURE.test(name)).sort(collator.compare);
}

async function readPicture(folder: string, file: string): Promise<Picture> {
  const bytes = await readFile(path.join(folder, file));
  try {
    return isPng(bytes) ? decodePng(bytes) : decodePnm(bytes);
  } catch (error) {
    if (!(error instanceof DataFormatError)) throw error;
    throw new DataFormatError(`${file}: ${error.message}`, { cause: error });
  }
}

/** Netpbm, P5 (grey) and P6 (colour), 8 bits. Format: netpbm.sourceforge.net/doc/pgm.html */
export function decodePnm(bytes: Uint8Array): Picture {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  const match =
    /^(P[56])((?:\s+|#[^\n]*\n)+)(\d+)((?:\s+|#[^\n]*\n)+)(\d+)((?:\s+|#[^\n]*\n)+)(\d+)\s/u.exec(
      head,
    );
  if (match === null) throw new DataFormatError('this is no PNG, PGM (P5) or PPM (P6) file');
  const [width, height, most] = [Number(match[3]), Number(match[5]), Number(match[7])];
  if (most !== 255) throw new DataFormatError(`the largest value is ${most} in place of 255`);
  const channels = match[1] === 'P5' ? 1 : 3;
  const pixels = bytes.subarray(match[0].length);
  if (pixels.length !== width * height * channels) {
    throw new DataFormatError(`${pixels.length} bytes do not fill ${width} x ${height} pixels`);
  }
  return { width, height, channels, pixels };
}

function asChannels({ channels, pixels }: Picture, wanted: 1 | 3): Uint8Array {
  if (channels === wanted) return pixels;
  const colour = new Uint8Array(pixels.length * wanted);
  for (const [index, value] of pixels.entries()) colour.fill(value, 3 * index, 3 * index + 3);
  return colour;
}
