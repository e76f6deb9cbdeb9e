/**
 * A program of raw system calls, made here byte by byte, that the self-test runs inside the sandbox:
 * Node has no way to call the kernel directly, and a compiler is not to be relied on. x86-64 only.
 */

export interface RawCall {
  readonly name: string;
  readonly number: number;
  /** Up to six arguments. */
  readonly args: readonly (number | bigint)[];
  /**
   * `copies`: the call may return twice; the copy sleeps for ever, without a stack, until the program
   * ends.
   */
  readonly copies?: boolean;
}

const BASE = 0x400000;
const HEADER_BYTES = 64 + 56;
const SYS_WRITE = 1;
const SYS_PAUSE = 34;
const SYS_EXIT_GROUP = 231;
/** Opcodes of `mov reg, imm64` for the argument registers rdi, rsi, rdx, r10, r8, r9. */
const MOV_ARGUMENT = [0x48bf, 0x48be, 0x48ba, 0x49ba, 0x49b8, 0x49b9];

/** Room of zeros that calls may point at; writable. */
export const SCRATCH_BYTES = 4096;
export const SCRATCH_ADDRESS = 0x600000;

/**
 * A static ELF program that makes the calls in order and writes their return values, as little-endian
 * int64 (-errno on failure), to its stdout.
 */
export function callProgram(calls: readonly RawCall[]): Uint8Array {
  const results = SCRATCH_ADDRESS + SCRATCH_BYTES;
  const code: Buffer[] = [];
  const bytes = (...values: number[]) => code.push(Buffer.from(values));
  const word64 = (value: number | bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
    code.push(buffer);
  };
  const syscall = (number: number, args: readonly (number | bigint)[]) => {
    const eax = Buffer.alloc(5);
    eax[0] = 0xb8; // mov eax, imm32
    eax.writeUInt32LE(number >>> 0, 1);
    code.push(eax);
    for (const [index, opcode] of MOV_ARGUMENT.entries()) {
      bytes(opcode >> 8, opcode & 0xff);
      word64(args[index] ?? 0);
    }
    bytes(0x0f, 0x05); // syscall
  };

  for (const [index, { number, args, copies = false }] of calls.entries()) {
    syscall(number, args);
    if (copies) {
      bytes(0x48, 0x85, 0xc0); // test rax, rax
      bytes(0x75, 0x09); // jnz over the next three
      bytes(0xb8, SYS_PAUSE, 0, 0, 0); // mov eax, pause
      bytes(0x0f, 0x05); // syscall
      bytes(0xeb, 0xf7); // jmp back to the mov
    }
    bytes(0x48, 0xa3); // mov [imm64], rax
    word64(results + index * 8);
  }
  syscall(SYS_WRITE, [1, results, calls.length * 8]);
  syscall(SYS_EXIT_GROUP, [0]);

  const text = Buffer.concat(code);
  const header = Buffer.alloc(HEADER_BYTES + 56);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0); // ELF, 64 bit, little endian
  header.writeUInt16LE(2, 16); // executable
  header.writeUInt16LE(62, 18); // x86-64
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(BASE + header.byteLength), 24); // entry
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(2, 56);
  const segment = (at: number, flags: number, address: number, file: number, memory: number) => {
    header.writeUInt32LE(1, at); // PT_LOAD
    header.writeUInt32LE(flags, at + 4);
    header.writeBigUInt64LE(BigInt(address), at + 16);
    header.writeBigUInt64LE(BigInt(address), at + 24);
    header.writeBigUInt64LE(BigInt(file), at + 32);
    header.writeBigUInt64LE(BigInt(memory), at + 40);
    header.writeBigUInt64LE(4096n, at + 48);
  };
  const size = header.byteLength + text.byteLength;
  segment(64, 5, BASE, size, size); // read, execute
  segment(120, 6, SCRATCH_ADDRESS, 0, SCRATCH_BYTES + calls.length * 8); // read, write: zeros
  return Buffer.concat([header, text]);
}

/** The return values that a program of `count` calls wrote; fewer when it was killed on its way. */
export function callResults(output: Uint8Array): number[] {
  const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
  return Array.from({ length: Math.floor(output.byteLength / 8) }, (_, index) =>
    Number(view.getBigInt64(index * 8, true)),
  );
}
