/**
 * A pull parser for JSON files larger than memory wants to hold: the caller walks the values in their order
 * and takes what it needs. Reads ahead one buffer; knows bytes, not characters, until a text is asked for.
 */
import { readSync } from 'node:fs';

const BUFFER_BYTES = 2 ** 18;
/** No number of JSON that means anything is longer. */
const LONGEST_NUMBER = 1024;
/** Integers below are exact in a double, and so are these powers of ten. */
const EXACT_BELOW = 2 ** 53;
const EXACT_POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, PLUS, POINT] = [34, 92, 44, 58, 45, 43, 46] as const;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125] as const;
const [ZERO, NINE, SMALL_E, LARGE_E] = [48, 57, 101, 69] as const;
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);
const [SPACE, TAB, NEWLINE, RETURN] = [32, 9, 10, 13] as const;

/** What the bytes are not: JSON of the form that the caller walks. The message says where. */
export class JsonError extends Error {}

export interface JsonReader {
  /** Whether nothing but white space is left. */
  isAtEnd(): boolean;
  /** @throws JsonError where anything but white space is left. */
  checkEnd(): void;
  /** The line that is being read, from 1. */
  readonly line: number;
  /** Calls back for each member, whose value the callback must consume with one of the other methods. */
  readObject(member: (key: string) => void): void;
  /** Calls back for each item, which the callback must consume. @returns the number of items. */
  readList(item: (index: number) => void): number;
  /** Whether a list comes next. */
  isList(): boolean;
  /** A list of numbers, in memory of the reader that the next such list overwrites. */
  readNumbers(): Float64Array;
  /** A number that is finite. */
  readNumber(): number;
  /** Any value, parsed. For small ones: its text is held at once. */
  readValue(): unknown;
  /** Any value, unread. Only its ends are checked. */
  skipValue(): void;
}

/**
 * @param file a descriptor, read from where it stands to its end.
 * @param bufferBytes more than the longest number, 1,024.
 */
export function createJsonReader(file: number, bufferBytes: number = BUFFER_BYTES): JsonReader {
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let at = 0;
  let end = 0;
  let isDrained = false;
  let bytesBefore = 0;
  let line = 1;
  let numbers = new Float64Array(1024);

  /** Moves what is left to the front and reads on. @returns whether there is a byte at all. */
  function refill(): boolean {
    if (at < end) buffer.copyWithin(0, at, end);
    bytesBefore += at;
    end -= at;
    at = 0;
    while (end < bufferBytes && !isDrained) {
      const count = readSync(file, buffer, end, bufferBytes - end, null);
      if (count === 0) isDrained = true;
      end += count;
    }
    return end > 0;
  }

  function fail(expected: string): never {
    const found = at < end ? `'${String.fromCharCode(buffer[at] ?? 0)}'` : 'the end';
    throw new JsonError(`expected ${expected} at byte ${bytesBefore + at}, found ${found}`);
  }

  /** The next byte that is no white space, unconsumed; -1 at the end. */
  function peek(): number {
    for (;;) {
      if (at === end && !refill()) return -1;
      const byte = buffer[at] ?? -1;
      if (byte === NEWLINE) line++;
      else if (byte !== SPACE && byte !== RETURN && byte !== TAB) return byte;
      at++;
    }
  }

  function expect(byte: number, expected: string): void {
    if (peek() !== byte) fail(expected);
    at++;
  }

  /** After an item: true for a comma, false for the closing byte. */
  function goesOn(close: number): boolean {
    const byte = peek();
    if (byte !== COMMA && byte !== close) {
      fail(`',' or '${String.fromCharCode(close)}'`);
    }
    at++;
    return byte === COMMA;
  }

  function readNumber(): number {
    const first = peek();
    if (first !== MINUS && !isDigit(first)) fail('a number');
    if (end - at < LONGEST_NUMBER && !isDrained) refill();
    const start = at;
    const sign = first === MINUS ? -1 : 1;
    if (first === MINUS) at++;
    let mantissa = 0;
    let exponent = 0;
    const digitsFrom = at;
    for (; at < end; at++) {
      const digit = (buffer[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      mantissa = mantissa * 10 + digit;
    }
    if (at === digitsFrom) fail('a digit');
    if (buffer[digitsFrom] === ZERO && at > digitsFrom + 1) {
      at = digitsFrom;
      fail('no zero in front of a number');
    }
    if (at < end && buffer[at] === POINT) {
      const from = ++at;
      for (; at < end; at++) {
        const digit = (buffer[at] ?? 0) - ZERO;
        if (digit < 0 || digit > 9) break;
        mantissa = mantissa * 10 + digit;
      }
      if (at === from) fail('a digit');
      exponent = from - at;
    }
    if (at < end && (buffer[at] === SMALL_E || buffer[at] === LARGE_E)) {
      at++;
      const signOfPower = buffer[at] === MINUS ? -1 : 1;
      if (at < end && (buffer[at] === MINUS || buffer[at] === PLUS)) at++;
      const from = at;
      let power = 0;
      for (; at < end && isDigit(buffer[at] ?? 0); at++) {
        power = Math.min(power * 10 + (buffer[at] ?? 0) - ZERO, 1e6);
      }
      if (at === from) fail('a digit');
      exponent += signOfPower * power;
    }
    if (at === end && !isDrained) fail(`a number of at most ${LONGEST_NUMBER} bytes`);
    // One exact integer and one exact power of ten: a single rounding, as the standard asks.
    if (mantissa < EXACT_BELOW && exponent >= -22 && exponent <= 22) {
      return exponent < 0
        ? (sign * mantissa) / (EXACT_POWERS[-exponent] ?? NaN)
        : sign * mantissa * (EXACT_POWERS[exponent] ?? NaN);
    }
    const value = Number(buffer.toString('latin1', start, at));
    if (!Number.isFinite(value)) {
      at = start;
      fail('a finite number');
    }
    return value;
  }

  /**
   * Passes over a value, its brackets and quotes matched.
   *
   * @param keep receives its bytes, in parts that stand only until it returns.
   */
  function takeValue(keep: (bytes: Buffer) => void): void {
    if (peek() === -1) fail('a value');
    let start = at;
    let depth = 0;
    let isInString = false;
    let isEscaped = false;
    let hasBegun = false;
    for (;;) {
      if (at === end) {
        keep(buffer.subarray(start, end));
        if (!refill()) {
          if (depth > 0 || isInString) fail('the rest of a value');
          return;
        }
        start = 0;
      }
      const byte = buffer[at] ?? 0;
      if (isInString) {
        at++;
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isInString = false;
        if (isInString || depth > 0) continue;
        break;
      }
      if (depth === 0 && hasBegun && endsWord(byte)) break;
      hasBegun = true;
      if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        if (depth === 0) fail('a value');
        at++;
        if (--depth === 0) break;
        continue;
      }
      if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++;
      else if (byte === QUOTE) isInString = true;
      else if (byte === NEWLINE) line++;
      at++;
    }
    keep(buffer.subarray(start, at));
  }

  function readText(): string {
    if (peek() !== QUOTE) fail('a text');
    // Most texts are short, plain and whole in the buffer.
    let close = at + 1;
    while (close < end && isPlain(buffer[close] ?? 0)) close++;
    if (close === end || buffer[close] !== QUOTE) return readValue() as string;
    const plain = buffer.toString('latin1', at + 1, close);
    at = close + 1;
    return plain;
  }

  function readValue(): unknown {
    const parts: Buffer[] = [];
    takeValue((bytes) => parts.push(Buffer.from(bytes)));
    return parse(Buffer.concat(parts));
  }

  function parse(bytes: Buffer): unknown {
    try {
      return JSON.parse(bytes.toString('utf8')) as unknown;
    } catch {
      throw new JsonError(`a value that is not JSON ends at byte ${bytesBefore + at}`);
    }
  }

  // Some editors begin a file with a byte order mark.
  if (refill() && buffer.subarray(0, Math.min(3, end)).equals(BYTE_ORDER_MARK)) at = 3;

  return {
    get line() {
      return line;
    },
    isAtEnd: () => peek() === -1,
    checkEnd() {
      if (peek() !== -1) fail('the end');
    },
    isList: () => peek() === OPEN_LIST,
    readNumber,
    readObject(member) {
      expect(OPEN_OBJECT, "'{'");
      if (peek() === CLOSE_OBJECT) {
        at++;
        return;
      }
      do {
        const key = readText();
        expect(COLON, "':'");
        member(key);
      } while (goesOn(CLOSE_OBJECT));
    },
    readList(item) {
      expect(OPEN_LIST, "'['");
      if (peek() === CLOSE_LIST) {
        at++;
        return 0;
      }
      let count = 0;
      do item(count++);
      while (goesOn(CLOSE_LIST));
      return count;
    },
    readNumbers() {
      expect(OPEN_LIST, "'['");
      if (peek() === CLOSE_LIST) {
        at++;
        return numbers.subarray(0, 0);
      }
      let count = 0;
      do {
        if (count === numbers.length) {
          const longer = new Float64Array(2 * count);
          longer.set(numbers);
          numbers = longer;
        }
        numbers[count++] = readNumber();
      } while (goesOn(CLOSE_LIST));
      return numbers.subarray(0, count);
    },
    readValue,
    skipValue() {
      takeValue(() => undefined);
    },
  };
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** Whether a byte within quotes is a character that stands for itself. */
function isPlain(byte: number): boolean {
  return byte >= SPACE && byte < 128 && byte !== QUOTE && byte !== BACKSLASH;
}

/** Whether a byte ends a number or a bare word. */
function endsWord(byte: number): boolean {
  return byte === COMMA || byte === COLON || byte <= SPACE || byte === QUOTE || isBracket(byte);
}

function isBracket(byte: number): boolean {
  return byte === OPEN_LIST || byte === CLOSE_LIST || byte === OPEN_OBJECT || byte === CLOSE_OBJECT;
}
