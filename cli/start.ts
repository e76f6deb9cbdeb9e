import { parseArgs } from 'node:util';

import { ConfigError } from '../server/config.ts';
import { AppError } from '../server/errors.ts';
import { startServer, type RunningServer } from '../server/main.ts';
import { EXIT, UsageError, type Command } from './command.ts';

const help = `
certamen start

Runs the site and one worker until stopped (Ctrl-C or SIGTERM; running evaluations are finished first).
The first start of an empty data folder fills it with a demo competition and prints the passwords of its
accounts once; with NODE_ENV=production it starts empty and prints a one-time link for the administrator.

Settings: environment variables, see docs/reference/configuration.md.
  PORT       8080        HOST       127.0.0.1        DATA_DIR   ./data
Exit codes: 0 stopped gracefully, 2 usage or configuration, 5 the system failed.
`;

export const start: Command = {
  name: 'start',
  summary: 'run the site and its worker',
  help,
  async run(args) {
    parseArgs({ args, options: {} });
    const server = await startServer(process.env, {
      onProgress: (line) => process.stdout.write(`${line}\n`),
    }).catch((error: unknown) => {
      throw readable(error);
    });
    process.stdout.write(greeting(server));
    await stopSignal();
    process.stdout.write('stopping\n');
    await server.stop();
    return EXIT.done;
  },
};

function greeting(server: RunningServer): string {
  const lines = [`Certamen is ready at ${server.url}`];
  if (server.setup_url !== null) {
    lines.push('', 'Nobody administers this site yet. Whoever opens this link first does:');
    lines.push(`  ${server.setup_url}`);
  }
  if (server.accounts.length > 0) {
    lines.push('', 'Demo accounts. The passwords are shown this once:');
    for (const { role, email, password } of server.accounts) {
      lines.push(`  ${role.padEnd(12)}${email.padEnd(34)}${password}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

/** Mistakes of the operator become one message without a stack. */
function readable(error: unknown): unknown {
  if (error instanceof ConfigError || error instanceof AppError)
    return new UsageError(error.message);
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') {
    return new UsageError('the port is taken by another process; choose one with PORT=…');
  }
  return error;
}
