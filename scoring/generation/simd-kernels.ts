/**
 * The inner loops of dense linear algebra as WebAssembly with 128-bit SIMD: three small functions, put
 * together instruction by instruction below. The same loops in JavaScript on typed arrays take two to
 * four times as long. Sums are in a fixed order and without fused multiply-add, so that results are the
 * same on every machine.
 *
 * Source of the encoding: WebAssembly core specification 2.0, chapter 5.
 */

/** Four rows of a matrix in the memory of a workspace. Places are indices into its numbers. */
export interface FourRows {
  readonly start: number;
  /** Numbers from one row to the next. */
  readonly stride: number;
  /** Numbers of each row to work on: even and above 0. */
  readonly length: number;
}

/** A memory of numbers and the loops that run in it. Places are indices into `numbers`. */
export interface Workspace {
  readonly numbers: Float64Array;
  /**
   * C += A^T B for A and B of `depth` x 4, each packed row by row, and a 4 x 4 tile C whose rows are
   * `stride` numbers apart. `depth` is above 0.
   */
  readonly multiplyTile: (a: number, b: number, c: number, depth: number, stride: number) => void;
  /** row -= v[row] w, then z[row] = row . u; `v` and `z` have four numbers, `w` and `u` `length`. */
  readonly updateAndProject: (rows: FourRows, v: number, w: number, u: number, z: number) => void;
  /** row -= z[row] u, then w += the sum of v[row] row; sizes as above. */
  readonly updateAndSum: (rows: FourRows, z: number, u: number, v: number, w: number) => void;
}

/** The part of the WebAssembly interface that is used here; Node's types do not declare it. */
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };
  Instance: new (
    module: object,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: Record<string, (...places: number[]) => void> };
}

const BYTES = 8;
const PAGE_BYTES = 65_536;

/**
 * A workspace whose numbers are all 0.
 *
 * @throws RangeError when that many numbers do not fit into the memory (4 GiB at most).
 */
export function openWorkspace(count: number): Workspace {
  const { Module, Memory, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
    .WebAssembly;
  const memory = new Memory({ initial: Math.ceil((count * BYTES) / PAGE_BYTES) });
  const { exports } = new Instance(new Module(assembleModule()), { host: { memory } });
  const { multiplyTile, updateAndProject, updateAndSum } = exports as Record<
    (typeof FUNCTIONS)[number]['name'],
    (...places: number[]) => void
  >;
  const onRows =
    (kernel: (...places: number[]) => void) =>
    ({ start, stride, length }: FourRows, ...[scales, update, vector, result]: number[]) =>
      kernel(
        start * BYTES,
        stride * BYTES,
        length / 2,
        (scales ?? 0) * BYTES,
        (update ?? 0) * BYTES,
        (vector ?? 0) * BYTES,
        (result ?? 0) * BYTES,
      );
  return {
    numbers: new Float64Array(memory.buffer, 0, count),
    multiplyTile: (a, b, c, depth, stride) =>
      multiplyTile(a * BYTES, b * BYTES, c * BYTES, depth, stride * BYTES),
    updateAndProject: onRows(updateAndProject),
    updateAndSum: onRows(updateAndSum),
  };
}

type Code = readonly number[];

const I32 = 0x7f;
const V128 = 0x7b;

/** Instructions with an argument. Addresses are the top of the stack plus a constant offset in bytes. */
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const constant = (value: number): Code => [0x41, ...signed(value)];
const load = (offset: number): Code => [0xfd, 0x00, 3, ...unsigned(offset)];
const loadSplat = (offset: number): Code => [0xfd, 0x0a, 3, ...unsigned(offset)];
const store = (offset: number): Code => [0xfd, 0x0b, 3, ...unsigned(offset)];
const storeDouble = (offset: number): Code => [0x39, 3, ...unsigned(offset)];
const lane = (index: number): Code => [0xfd, 0x21, index];

const ADD_INTEGERS: Code = [0x6a];
const SUBTRACT_INTEGERS: Code = [0x6b];
const ADD_DOUBLES: Code = [0xa0];
const ADD: Code = [0xfd, 0xf0, 0x01];
const SUBTRACT: Code = [0xfd, 0xf1, 0x01];
const MULTIPLY: Code = [0xfd, 0xf2, 0x01];

const FOUR = [0, 1, 2, 3] as const;

/** Moves an address on. */
const advance = (local: number, bytes: number): Code => [
  ...get(local),
  ...constant(bytes),
  ...ADD_INTEGERS,
  ...set(local),
];

/** Runs the body as often as the counter says, at least once. */
const repeat = (counter: number, body: Code): Code => [
  ...[0x03, 0x40],
  ...body,
  ...[...get(counter), ...constant(1), ...SUBTRACT_INTEGERS, ...tee(counter)],
  ...[0x0d, 0],
  0x0b,
];

/** Parameters: a, b, c, depth, stride. Locals: 8 sums of two columns each, two of b, one of a. */
function tileCode(): Code {
  const [a, b, c, depth, stride] = [0, 1, 2, 3, 4];
  const sum = (row: number, half: number) => 5 + 2 * row + half;
  const columns = (half: number) => 13 + half;
  const scale = 15;
  const halves = [0, 1] as const;
  return [
    ...repeat(depth, [
      ...halves.flatMap((half) => [...get(b), ...load(16 * half), ...set(columns(half))]),
      ...FOUR.flatMap((row) => [
        ...[...get(a), ...loadSplat(BYTES * row), ...set(scale)],
        ...halves.flatMap((half) => [
          ...[...get(scale), ...get(columns(half)), ...MULTIPLY],
          ...[...get(sum(row, half)), ...ADD, ...set(sum(row, half))],
        ]),
      ]),
      ...advance(a, 4 * BYTES),
      ...advance(b, 4 * BYTES),
    ]),
    ...FOUR.flatMap((row) => [
      ...halves.flatMap((half) => [
        ...[...get(c), ...get(c), ...load(16 * half), ...get(sum(row, half)), ...ADD],
        ...store(16 * half),
      ]),
      ...[...get(c), ...get(stride), ...ADD_INTEGERS, ...set(c)],
    ]),
  ];
}

/** Parameters and locals that the two loops over four rows share. */
const [ROWS, STRIDE, PAIRS, SCALES, UPDATE, VECTOR, RESULT] = [0, 1, 2, 3, 4, 5, 6] as const;
const pointer = (row: number) => 7 + row;
const scaleOf = (row: number) => 11 + row;
const held = (row: number) => 15 + row;
const [UPDATE_PAIR, VECTOR_PAIR, ROW_PAIR] = [19, 20, 21] as const;
const ROW_LOCALS: readonly (readonly [count: number, type: number])[] = [
  [4, I32],
  [11, V128],
];

const POINT_AT_ROWS: Code = FOUR.flatMap((row) => [
  ...(row === 0 ? get(ROWS) : [...get(pointer(row - 1)), ...get(STRIDE), ...ADD_INTEGERS]),
  ...set(pointer(row)),
]);

/** Takes the multiple of the update from the row, stores it, and leaves it in ROW_PAIR. */
const updateRow = (row: number): Code => [
  ...[...get(pointer(row)), ...get(pointer(row)), ...load(0)],
  ...[...get(scaleOf(row)), ...get(UPDATE_PAIR), ...MULTIPLY, ...SUBTRACT],
  ...[...tee(ROW_PAIR), ...store(0)],
  ...advance(pointer(row), 16),
];

const loadScales = (from: number, into: (row: number) => number): Code =>
  FOUR.flatMap((row) => [...get(from), ...loadSplat(BYTES * row), ...set(into(row))]);

/** Parameters: rows, stride, pairs, v, w, u, z. */
function projectCode(): Code {
  return [
    ...POINT_AT_ROWS,
    ...loadScales(SCALES, scaleOf),
    ...repeat(PAIRS, [
      ...[...get(UPDATE), ...load(0), ...set(UPDATE_PAIR)],
      ...[...get(VECTOR), ...load(0), ...set(VECTOR_PAIR)],
      ...FOUR.flatMap((row) => [
        ...updateRow(row),
        ...[...get(ROW_PAIR), ...get(VECTOR_PAIR), ...MULTIPLY],
        ...[...get(held(row)), ...ADD, ...set(held(row))],
      ]),
      ...advance(UPDATE, 16),
      ...advance(VECTOR, 16),
    ]),
    ...FOUR.flatMap((row) => [
      ...[...get(RESULT), ...get(held(row)), ...lane(0), ...get(held(row)), ...lane(1)],
      ...[...ADD_DOUBLES, ...storeDouble(BYTES * row)],
    ]),
  ];
}

/** Parameters: rows, stride, pairs, z, u, v, w. */
function sumCode(): Code {
  return [
    ...POINT_AT_ROWS,
    ...loadScales(SCALES, scaleOf),
    ...loadScales(VECTOR, held),
    ...repeat(PAIRS, [
      ...[...get(UPDATE), ...load(0), ...set(UPDATE_PAIR)],
      ...[...get(RESULT), ...load(0), ...set(VECTOR_PAIR)],
      ...FOUR.flatMap((row) => [
        ...updateRow(row),
        ...[...get(ROW_PAIR), ...get(held(row)), ...MULTIPLY],
        ...[...get(VECTOR_PAIR), ...ADD, ...set(VECTOR_PAIR)],
      ]),
      ...[...get(RESULT), ...get(VECTOR_PAIR), ...store(0)],
      ...advance(UPDATE, 16),
      ...advance(RESULT, 16),
    ]),
  ];
}

const FUNCTIONS = [
  { name: 'multiplyTile', parameters: 5, locals: [[11, V128]], code: tileCode },
  { name: 'updateAndProject', parameters: 7, locals: ROW_LOCALS, code: projectCode },
  { name: 'updateAndSum', parameters: 7, locals: ROW_LOCALS, code: sumCode },
] as const;

function assembleModule(): Uint8Array {
  const types = FUNCTIONS.map(({ parameters }) => [
    0x60,
    ...list(new Array<Code>(parameters).fill([I32])),
    0,
  ]);
  const memory = [...text('host'), ...text('memory'), 2, 0, 0];
  const bodies = FUNCTIONS.map(({ locals, code }) => {
    const body = [...list(locals.map(([count, type]) => [count, type])), ...code(), 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([memory])),
    ...section(3, list(FUNCTIONS.map((_, index) => [index]))),
    ...section(7, list(FUNCTIONS.map(({ name }, index) => [...text(name), 0, index]))),
    ...section(10, list(bodies)),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(name: string): Code {
  return [...unsigned(name.length), ...new TextEncoder().encode(name)];
}

/** LEB128: seven bits a byte, the lowest first, the eighth bit set on all but the last. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of a value of 0 or more where a reader takes the seventh bit of the last byte for a sign. */
function signed(value: number): Code {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
