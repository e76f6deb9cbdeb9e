/** One command of `certamen`: one file each in this folder. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Printed by `--help`: usage, options, an example. */
  readonly help: string;
  /** @returns the exit code, one of `EXIT`. */
  run(args: string[]): Promise<number>;
}

export const EXIT = { done: 0, usage: 2, submission: 3, task: 4, system: 5 } as const;

/** The arguments cannot be understood; printed with a pointer to `--help`, exit code 2. */
export class UsageError extends Error {}
