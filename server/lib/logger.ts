import { pino, type Logger } from 'pino';

export type { Logger };

/** JSON lines on standard error: standard output belongs to the answers of commands. */
export function createLogger(options: { level: string; name: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { name: options.name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: [
        'password',
        '*.password',
        'token',
        '*.token',
        'req.headers.authorization',
        'req.headers.cookie',
      ],
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
