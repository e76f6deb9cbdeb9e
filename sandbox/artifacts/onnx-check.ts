/**
 * Reads an ONNX model before the engine sees a byte of it: structure, operators, sizes, and where its
 * weights lie. External data is resolved here and nowhere else; the bytes that come out hold every
 * tensor inline. Field numbers are those of `onnx.proto3` (ONNX 1.19).
 */
import { EvaluationFailure } from '../failure.ts';
import { isFlatName } from './flat-name.ts';
import { ONNX_OPERATORS } from './onnx-operators.ts';
import {
  BYTES,
  FIXED32,
  FIXED64,
  VARINT,
  WireError,
  WireReader,
  concatBytes,
  countPackedVarints,
  encodeBytesHeader,
  readPackedInt64,
} from './wire.ts';
import type { WireType } from './wire.ts';

export interface OnnxLimits {
  /** Bytes of the model with its external data inline. */
  readonly bytes: number;
  /** Nodes, with every call of a local function counted as its body. */
  readonly nodes: number;
  /** Graphs inside graphs. */
  readonly depth: number;
}

export const ONNX_LIMITS: Omit<OnnxLimits, 'bytes'> = { nodes: 100_000, depth: 16 };

/** An input or output as the graph declares it. */
export interface OnnxValue {
  readonly name: string;
  /** A plain tensor, not a sequence, map or optional. */
  readonly isTensor: boolean;
  /** Dimensions with `null` for free ones; null when the rank is not declared. */
  readonly shape: readonly (number | null)[] | null;
}

export interface CheckedOnnx {
  /** The model with every tensor inline; the file's own bytes when nothing had to change. */
  readonly bytes: Uint8Array;
  /** Graph inputs that have no initialiser. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Whether how long a run takes may depend on the data. */
  readonly hasLoops: boolean;
}

/** Bits of one element by `TensorProto.DataType`; 0 for strings, which have no fixed size. */
const ELEMENT_BITS: ReadonlyMap<number, number> = new Map([
  [1, 32], // float
  [2, 8], // uint8
  [3, 8], // int8
  [4, 16], // uint16
  [5, 16], // int16
  [6, 32], // int32
  [7, 64], // int64
  [8, 0], // string
  [9, 8], // bool
  [10, 16], // float16
  [11, 64], // double
  [12, 32], // uint32
  [13, 64], // uint64
  [14, 64], // complex64
  [15, 128], // complex128
  [16, 16], // bfloat16
  [17, 8], // float8e4m3fn
  [18, 8], // float8e4m3fnuz
  [19, 8], // float8e5m2
  [20, 8], // float8e5m2fnuz
  [21, 4], // uint4
  [22, 4], // int4
  [23, 4], // float4e2m1
  [24, 8], // float8e8m0
]);

const MAX_RANK = 32;
const MAX_DIM = 2 ** 31 - 1;

/** A change of the file: the bytes of `[from, to)` give way to `parts`. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly parts: readonly Uint8Array[];
}

interface Scope {
  readonly depth: number;
  /** Nodes and calls of the graph or local function being read. */
  readonly usage: Usage;
}

interface Usage {
  nodes: number;
  /** Calls of functions that the model may define itself, by key. */
  readonly calls: string[];
}

/**
 * @param data The other files of the upload by their flat names: all that external data may refer to.
 * @throws EvaluationFailure `not-onnx`, `onnx-truncated`, `onnx-too-complex`, `onnx-operator`,
 *   `onnx-tensor-bytes`, `onnx-data-missing`, `onnx-data-location`, `onnx-data-bounds`.
 */
export function checkOnnx(
  file: { readonly name: string; readonly bytes: Uint8Array },
  data: ReadonlyMap<string, Uint8Array>,
  limits: OnnxLimits,
): CheckedOnnx {
  return new OnnxChecker(file, data, limits).run();
}

class OnnxChecker {
  readonly #file: { readonly name: string; readonly bytes: Uint8Array };
  readonly #data: ReadonlyMap<string, Uint8Array>;
  readonly #limits: OnnxLimits;
  readonly #functions = new Map<string, Usage>();
  /** Non-standard operators seen; each must turn out to be a function of the model. */
  readonly #unknown = new Map<string, string>();
  #nodes = 0;
  #inlined = 0;
  #inputs: readonly OnnxValue[] = [];
  #outputs: readonly OnnxValue[] = [];
  #hasLoops = false;

  constructor(
    file: { readonly name: string; readonly bytes: Uint8Array },
    data: ReadonlyMap<string, Uint8Array>,
    limits: OnnxLimits,
  ) {
    this.#file = file;
    this.#data = data;
    this.#limits = limits;
  }

  run(): CheckedOnnx {
    const { bytes } = this.#file;
    if (bytes.length > this.#limits.bytes) throw this.#tooComplex('bytes', this.#limits.bytes);
    const main: Usage = { nodes: 0, calls: [] };
    const edits = this.#model(main);
    for (const [key, operator] of this.#unknown) {
      if (!this.#functions.has(key)) throw new EvaluationFailure('onnx-operator', { operator });
    }
    this.#expand(main, new Map(), new Set());
    return {
      bytes: edits.length === 0 ? bytes : concatBytes(splice(bytes, 0, bytes.length, edits)),
      inputs: this.#inputs,
      outputs: this.#outputs,
      hasLoops: this.#hasLoops,
    };
  }

  #model(usage: Usage): Edit[] {
    const reader = new WireReader(this.#file.bytes);
    const seen = new Set<number>();
    const edits: Edit[] = [];
    try {
      while (this.#nextTop(reader, seen)) {
        if (reader.field === 1 || reader.field === 5) this.#once(reader, VARINT, seen);
        else if (reader.field === 7) {
          this.#once(reader, BYTES, seen);
          push(
            edits,
            this.#nested(reader, (graph) => this.#graph(graph, { depth: 1, usage }, true)),
          );
        } else if (reader.field === 20) {
          // Training graphs are never run; without them the engine cannot be led to read them.
          edits.push({ from: reader.tagStart, to: reader.end, parts: [] });
        } else if (reader.field === 25) {
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (body) => this.#function(body)),
          );
        } else if (MODEL_MESSAGES.has(reader.field)) {
          this.#is(reader, BYTES);
          seen.add(reader.field);
        }
      }
    } catch (error) {
      if (error instanceof WireError) throw this.#notOnnx(error);
      throw error;
    }
    if (!seen.has(7) || !seen.has(8)) {
      // A file may be cut between two fields: every model imports an operator set behind its graph.
      throw new EvaluationFailure(seen.has(1) ? 'onnx-truncated' : 'not-onnx', {
        file: this.#file.name,
      });
    }
    return edits;
  }

  /** The next field of the outermost message, where an early end means a file cut short. */
  #nextTop(reader: WireReader, seen: ReadonlySet<number>): boolean {
    try {
      return reader.next();
    } catch (error) {
      // Serializers write fields in order, so what was an ONNX model starts with its ir_version.
      if (error instanceof WireError && error.truncated && seen.has(1)) {
        throw new EvaluationFailure('onnx-truncated', { file: this.#file.name }, { cause: error });
      }
      throw error;
    }
  }

  #graph(reader: WireReader, scope: Scope, isMain = false): Edit[] {
    if (scope.depth > this.#limits.depth) throw this.#tooComplex('depth', this.#limits.depth);
    const edits: Edit[] = [];
    const initialised = new Set<string>();
    const falseFlags = new Set<string>();
    const dropouts: string[] = [];
    const inputs: OnnxValue[] = [];
    const outputs: OnnxValue[] = [];
    while (reader.next()) {
      switch (reader.field) {
        case 1:
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (node) =>
              this.#node(node, scope, dropouts, falseFlags),
            ),
          );
          break;
        case 5:
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (tensor) => {
              const { name, isFalse, edits: inner } = this.#tensor(tensor);
              initialised.add(name);
              if (isFalse) falseFlags.add(name);
              return inner;
            }),
          );
          break;
        case 11:
        case 12: {
          this.#is(reader, BYTES);
          // Inner graphs bind their inputs from the outer one; only the outermost is fed by us.
          if (isMain) (reader.field === 11 ? inputs : outputs).push(readValue(reader.message()));
          break;
        }
        case 15:
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (tensor) => {
              const { name, edits: inner } = this.#sparse(tensor);
              initialised.add(name);
              return inner;
            }),
          );
          break;
        default:
      }
    }
    // Dropout is random unless its training flag is absent or a constant false.
    if (dropouts.some((flag) => !falseFlags.has(flag))) {
      throw new EvaluationFailure('onnx-operator', { operator: 'Dropout (training_mode)' });
    }
    if (isMain) {
      this.#inputs = inputs.filter((input) => !initialised.has(input.name));
      this.#outputs = outputs;
    }
    return edits;
  }

  #node(reader: WireReader, scope: Scope, dropouts: string[], falseFlags: Set<string>): Edit[] {
    this.#nodes += 1;
    scope.usage.nodes += 1;
    if (this.#nodes > this.#limits.nodes) throw this.#tooComplex('nodes', this.#limits.nodes);
    const seen = new Set<number>();
    const edits: Edit[] = [];
    const inputs: string[] = [];
    const texts = new Map<number, string>();
    let output = '';
    const constant = { isFalse: false };
    while (reader.next()) {
      switch (reader.field) {
        case 1:
          inputs.push(this.#is(reader, BYTES).text());
          break;
        case 2:
          output = this.#is(reader, BYTES).text();
          break;
        case 4:
        case 7:
        case 8:
          this.#once(reader, BYTES, seen);
          texts.set(reader.field, reader.text());
          break;
        case 5:
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (attribute) => {
              const found = this.#attribute(attribute, scope);
              constant.isFalse ||= found.isFalse;
              return found.edits;
            }),
          );
          break;
        default:
      }
    }
    const operator = texts.get(4) ?? '';
    const written = texts.get(7) ?? '';
    const domain = written === 'ai.onnx' ? '' : written;
    if (ONNX_OPERATORS.get(domain)?.has(operator) !== true) {
      const key = functionKey(domain, operator, texts.get(8) ?? '');
      this.#unknown.set(key, domain === '' ? operator : `${domain}::${operator}`);
      scope.usage.calls.push(key);
    }
    if (domain === '' && operator === 'Loop') this.#hasLoops = true;
    if (domain === '' && operator === 'Constant' && constant.isFalse) falseFlags.add(output);
    if (domain === '' && operator === 'Dropout' && (inputs[2] ?? '') !== '') {
      dropouts.push(inputs[2] ?? '');
    }
    return edits;
  }

  #attribute(reader: WireReader, scope: Scope): { isFalse: boolean; edits: Edit[] } {
    const seen = new Set<number>();
    const edits: Edit[] = [];
    let isFalse = false;
    const inner = { depth: scope.depth + 1, usage: scope.usage };
    while (reader.next()) {
      switch (reader.field) {
        case 5:
        case 10:
          if (reader.field === 5) this.#once(reader, BYTES, seen);
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (tensor) => {
              const found = this.#tensor(tensor);
              isFalse = found.isFalse;
              return found.edits;
            }),
          );
          break;
        case 6:
        case 11:
          if (reader.field === 6) this.#once(reader, BYTES, seen);
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (graph) => this.#graph(graph, inner)),
          );
          break;
        case 22:
        case 23:
          if (reader.field === 22) this.#once(reader, BYTES, seen);
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (tensor) => this.#sparse(tensor).edits),
          );
          break;
        default:
      }
    }
    return { isFalse, edits };
  }

  #function(reader: WireReader): Edit[] {
    const seen = new Set<number>();
    const edits: Edit[] = [];
    const texts = new Map<number, string>();
    const usage: Usage = { nodes: 0, calls: [] };
    const scope = { depth: 1, usage };
    const dropouts: string[] = [];
    const falseFlags = new Set<string>();
    while (reader.next()) {
      switch (reader.field) {
        case 1:
        case 10:
        case 13:
          this.#once(reader, BYTES, seen);
          texts.set(reader.field, reader.text());
          break;
        case 7:
          push(
            edits,
            this.#nested(this.#is(reader, BYTES), (node) =>
              this.#node(node, scope, dropouts, falseFlags),
            ),
          );
          break;
        case 11:
          push(
            edits,
            this.#nested(
              this.#is(reader, BYTES),
              (attribute) => this.#attribute(attribute, scope).edits,
            ),
          );
          break;
        default:
      }
    }
    const name = texts.get(1) ?? '';
    const written = texts.get(10) ?? '';
    const domain = written === 'ai.onnx' ? '' : written;
    // A function may not take the place of an operator that we allow by name.
    if (ONNX_OPERATORS.has(domain)) {
      throw new EvaluationFailure('onnx-operator', { operator: `${domain}::${name}` });
    }
    if (dropouts.some((flag) => !falseFlags.has(flag))) {
      throw new EvaluationFailure('onnx-operator', { operator: 'Dropout (training_mode)' });
    }
    const key = functionKey(domain, name, texts.get(13) ?? '');
    if (this.#functions.has(key)) throw this.#notOnnx();
    this.#functions.set(key, usage);
    return edits;
  }

  #sparse(reader: WireReader): { name: string; edits: Edit[] } {
    const seen = new Set<number>();
    const edits: Edit[] = [];
    const dims: number[] = [];
    let name = '';
    let bits = 0;
    while (reader.next()) {
      if (reader.field === 1 || reader.field === 2) {
        this.#once(reader, BYTES, seen);
        const isValues = reader.field === 1;
        push(
          edits,
          this.#nested(reader, (tensor) => {
            const found = this.#tensor(tensor);
            if (isValues) ({ name, bits } = found);
            return found.edits;
          }),
        );
      } else if (reader.field === 3) {
        this.#dims(reader, dims);
      }
    }
    // The engine makes a dense tensor of it, so the dense size is what counts.
    if ((product(dims) * bits) / 8 > this.#limits.bytes) {
      throw this.#tooComplex('bytes', this.#limits.bytes);
    }
    return { name, edits };
  }

  #tensor(reader: WireReader): { name: string; bits: number; isFalse: boolean; edits: Edit[] } {
    const { bytes } = reader;
    const seen = new Set<number>();
    const dims: number[] = [];
    const entries = new Map<string, string>();
    const drops: Edit[] = [];
    let name = '';
    let type = 0;
    let isExternal = false;
    let raw: Uint8Array | null = null;
    const typed = { isPresent: false, bits: 0, count: 0 };
    let end = 0;
    const addTyped = (bits: number, count: number): void => {
      typed.isPresent = true;
      typed.bits = bits;
      typed.count += count;
    };
    while (reader.next()) {
      end = reader.end;
      switch (reader.field) {
        case 1:
          this.#dims(reader, dims);
          break;
        case 2:
          this.#once(reader, VARINT, seen);
          type = Number(reader.int64());
          break;
        case 4:
          addTyped(32, this.#count(reader, FIXED32));
          break;
        case 5:
          addTyped(32, this.#count(reader, VARINT));
          break;
        case 6:
          this.#is(reader, BYTES);
          addTyped(0, 1);
          break;
        case 7:
        case 11:
          addTyped(64, this.#count(reader, VARINT));
          break;
        case 8:
          this.#once(reader, BYTES, seen);
          name = reader.text();
          break;
        case 9:
          this.#once(reader, BYTES, seen);
          raw = bytes.subarray(reader.start, reader.end);
          break;
        case 10:
          addTyped(64, this.#count(reader, FIXED64));
          break;
        case 13: {
          const [key, value] = readEntry(this.#is(reader, BYTES).message());
          if (entries.has(key)) throw locationFailure(value);
          entries.set(key, value);
          drops.push({ from: reader.tagStart, to: reader.end, parts: [] });
          break;
        }
        case 14: {
          this.#once(reader, VARINT, seen);
          const where = Number(reader.int64());
          if (where !== 0 && where !== 1) throw this.#notOnnx();
          isExternal = where === 1;
          drops.push({ from: reader.tagStart, to: reader.end, parts: [] });
          break;
        }
        default:
      }
    }
    const bits = ELEMENT_BITS.get(type);
    if (bits === undefined) throw this.#notOnnx();
    const elements = product(dims);
    const expected = Math.ceil((elements * bits) / 8);
    const mismatch = (received: number): EvaluationFailure =>
      new EvaluationFailure('onnx-tensor-bytes', { tensor: name, expected, received });

    if (isExternal) {
      if (bits === 0) throw locationFailure(entries.get('location') ?? '');
      if (raw !== null || typed.isPresent) throw mismatch(raw?.length ?? typed.count);
      const found = this.#external(name, entries, expected);
      drops.push({ from: end, to: end, parts: [encodeBytesHeader(9, found.length), found] });
      return { name, bits, isFalse: false, edits: drops };
    }
    if (raw !== null) {
      if (bits === 0 || typed.isPresent || raw.length !== expected) throw mismatch(raw.length);
    } else {
      const values = typedValues(type, elements);
      if (typed.count !== values) throw mismatch(Math.ceil((typed.count * typed.bits) / 8));
    }
    const isFalse = type === 9 && elements === 1 && raw?.[0] === 0;
    return { name, bits, isFalse, edits: entries.size === 0 ? [] : drops };
  }

  /** The bytes of an external tensor, out of the files of the same upload. */
  #external(tensor: string, entries: ReadonlyMap<string, string>, expected: number): Uint8Array {
    const location = entries.get('location') ?? '';
    const file = location.startsWith('./') ? location.slice(2) : location;
    if (!isFlatName(file)) throw locationFailure(location);
    const bytes = this.#data.get(file);
    if (bytes === undefined) throw new EvaluationFailure('onnx-data-missing', { file });
    const offset = parseCount(entries.get('offset') ?? '0');
    const length = parseCount(entries.get('length') ?? String(expected));
    if (offset === null || length === null || offset + length > bytes.length) {
      throw new EvaluationFailure('onnx-data-bounds', { file, tensor });
    }
    if (length !== expected) {
      throw new EvaluationFailure('onnx-tensor-bytes', { tensor, expected, received: length });
    }
    // Many tensors may name the same bytes; what counts is what they come to inline.
    this.#inlined += length;
    if (this.#file.bytes.length + this.#inlined > this.#limits.bytes) {
      throw this.#tooComplex('bytes', this.#limits.bytes);
    }
    return bytes.subarray(offset, offset + length);
  }

  #dims(reader: WireReader, dims: number[]): void {
    const values =
      reader.type === VARINT
        ? [reader.int64()]
        : readPackedInt64(this.#is(reader, BYTES).bytes, reader.start, reader.end, MAX_RANK);
    for (const value of values) {
      if (value < 0n || value > BigInt(MAX_DIM)) throw this.#tooComplex('elements', MAX_DIM);
      if (dims.length >= MAX_RANK) throw this.#tooComplex('rank', MAX_RANK);
      dims.push(Number(value));
    }
  }

  /** Values in a repeated number field, packed or not. */
  #count(reader: WireReader, type: typeof VARINT | typeof FIXED32 | typeof FIXED64): number {
    if (reader.type === type) return 1;
    this.#is(reader, BYTES);
    if (type === VARINT) return countPackedVarints(reader.bytes, reader.start, reader.end);
    const width = type === FIXED32 ? 4 : 8;
    const length = reader.end - reader.start;
    if (length % width !== 0) throw this.#notOnnx();
    return length / width;
  }

  /**
   * Counts the nodes that are left once every call of a local function is replaced by its body, which
   * is what the engine does: few lines of nested functions can stand for billions of nodes.
   */
  #expand(usage: Usage, done: Map<string, number>, open: Set<string>): number {
    let total = usage.nodes;
    for (const key of usage.calls) {
      const body = this.#functions.get(key);
      if (body === undefined) continue;
      // A function that calls itself unfolds without end.
      if (open.has(key)) throw this.#tooComplex('depth', this.#limits.depth);
      let count = done.get(key);
      if (count === undefined) {
        open.add(key);
        if (open.size > this.#limits.depth) throw this.#tooComplex('depth', this.#limits.depth);
        count = this.#expand(body, done, open);
        open.delete(key);
        done.set(key, count);
      }
      total += count;
      if (total > this.#limits.nodes) throw this.#tooComplex('nodes', this.#limits.nodes);
    }
    return total;
  }

  /** Reads a message field; when something inside changes, the field as a whole does. */
  #nested(reader: WireReader, read: (message: WireReader) => Edit[]): Edit | null {
    const { bytes, start, end, tagStart, field } = reader;
    const edits = read(reader.message());
    if (edits.length === 0) return null;
    const parts = splice(bytes, start, end, edits);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    return { from: tagStart, to: end, parts: [encodeBytesHeader(field, length), ...parts] };
  }

  /** A known field must have its wire type: a parser that skips it would read another model than we do. */
  #is(reader: WireReader, type: WireType): WireReader {
    if (reader.type !== type) throw this.#notOnnx();
    return reader;
  }

  /** A singular field given twice is merged by some parsers and replaced by others. */
  #once(reader: WireReader, type: WireType, seen: Set<number>): void {
    this.#is(reader, type);
    if (seen.has(reader.field)) throw this.#notOnnx();
    seen.add(reader.field);
  }

  #notOnnx(cause?: unknown): EvaluationFailure {
    return new EvaluationFailure('not-onnx', { file: this.#file.name }, { cause });
  }

  #tooComplex(what: string, limit: number): EvaluationFailure {
    return new EvaluationFailure('onnx-too-complex', { what, limit });
  }
}

/** Length-delimited fields of ModelProto that are only checked to be such. */
const MODEL_MESSAGES: ReadonlySet<number> = new Set([2, 3, 4, 6, 8, 14, 26]);

function push(edits: Edit[], edit: Edit | null): void {
  if (edit !== null) edits.push(edit);
}

/** `bytes[start, end)` with the edits applied, as views: nothing is copied. */
function splice(
  bytes: Uint8Array,
  start: number,
  end: number,
  edits: readonly Edit[],
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = start;
  for (const edit of edits) {
    if (edit.from > at) parts.push(bytes.subarray(at, edit.from));
    for (const part of edit.parts) parts.push(part);
    at = edit.to;
  }
  if (end > at) parts.push(bytes.subarray(at, end));
  return parts;
}

function product(dims: readonly number[]): number {
  return dims.reduce((total, dim) => total * dim, 1);
}

function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain, name, overload]);
}

/** How many values the typed field of a tensor holds for `elements` elements of a type. */
function typedValues(type: number, elements: number): number {
  if (type === 14 || type === 15) return elements * 2; // real and imaginary part
  if (type >= 21 && type <= 23) return Math.ceil(elements / 2); // two 4-bit values in each
  return elements;
}

function locationFailure(location: string): EvaluationFailure {
  return new EvaluationFailure('onnx-data-location', { location });
}

/** A plain decimal count below 2^53; null for anything else. */
function parseCount(text: string): number | null {
  return /^\d{1,15}$/u.test(text) ? Number(text) : null;
}

/** StringStringEntryProto. */
function readEntry(reader: WireReader): [string, string] {
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1 && reader.type === BYTES) key = reader.text();
    if (reader.field === 2 && reader.type === BYTES) value = reader.text();
  }
  return [key, value];
}

/** ValueInfoProto with its TypeProto and TensorShapeProto. */
function readValue(reader: WireReader): OnnxValue {
  let name = '';
  let isTensor = false;
  let shape: (number | null)[] | null = null;
  while (reader.next()) {
    if (reader.type !== BYTES) continue;
    if (reader.field === 1) name = reader.text();
    if (reader.field !== 2) continue;
    const type = reader.message();
    while (type.next()) {
      if (type.field !== 1 || type.type !== BYTES) continue;
      isTensor = true;
      const tensor = type.message();
      while (tensor.next()) {
        if (tensor.field === 2 && tensor.type === BYTES) shape = readShape(tensor.message());
      }
    }
  }
  return { name, isTensor, shape };
}

function readShape(reader: WireReader): (number | null)[] {
  const shape: (number | null)[] = [];
  while (reader.next()) {
    if (reader.field !== 1 || reader.type !== BYTES || shape.length >= MAX_RANK) continue;
    let dim: number | null = null;
    const dimension = reader.message();
    while (dimension.next()) {
      if (dimension.field === 1 && dimension.type === VARINT) {
        const value = dimension.int64();
        dim = value >= 0n && value <= BigInt(MAX_DIM) ? Number(value) : null;
      }
    }
    shape.push(dim);
  }
  return shape;
}
