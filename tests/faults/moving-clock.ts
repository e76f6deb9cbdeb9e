/**
 * Loaded into a process before anything else (`node --import`): its clock runs as many ms beside the machine's as
 * the file says that CERTAMEN_TEST_CLOCK names, and jumps when the file changes.
 */
import { readFileSync } from 'node:fs';

const EVERY_MS = 20;
const file = process.env['CERTAMEN_TEST_CLOCK'] ?? '';
const MachineDate = Date;
let offset_ms = 0;

function look(): void {
  try {
    const found = Number(readFileSync(file, 'utf8'));
    if (Number.isFinite(found)) offset_ms = found;
  } catch {
    // While it is being written, and before it is.
  }
}

class MovedDate extends MachineDate {
  constructor(...parts: [] | [value: number | string | Date]) {
    if (parts.length === 0) super(MachineDate.now() + offset_ms);
    else super(...parts);
  }

  static override now(): number {
    return MachineDate.now() + offset_ms;
  }
}

look();
setInterval(look, EVERY_MS).unref();
globalThis.Date = MovedDate as DateConstructor;
