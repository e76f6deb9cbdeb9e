/**
 * Runs inside the sandbox and tries what a hostile submission would try; prints what it found as JSON.
 * It judges nothing: the trusted side does.
 */
import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import {
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const MAX_WALK = 4000;
const PATIENCE_MS = 2000;

export interface ProbeFindings {
  /** Outcome by attempt: an error code, or `open` where it succeeded or only the far end refused. */
  readonly network: Readonly<Record<string, string>>;
  /** Everything below `/` except what lies under the runtime, folders first seen first. */
  readonly files: readonly string[];
  readonly filesTruncated: boolean;
  /** Folders in which a folder could be made. */
  readonly writable: readonly string[];
  /** Files of the host that could be read. */
  readonly readable: readonly string[];
  /** Open descriptors with what they are. */
  readonly descriptors: Readonly<Record<string, string>>;
  readonly environment: readonly string[];
  /** `started` or the error code of starting a process. */
  readonly childProcess: string;
}

/** Codes that an attempt to reach the outside may end with although the call itself went through. */
function outcome(error: unknown): string {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return /^(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENOENT|EADDRNOTAVAIL)$/u.test(code)
    ? `open (${code})`
    : code;
}

function tryConnect(options: net.NetConnectOpts): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(options);
    const finish = (result: string) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(PATIENCE_MS, () => finish('open (ETIMEDOUT)'));
    socket.on('connect', () => finish('open'));
    socket.on('error', (error) => finish(outcome(error)));
  });
}

function tryListen(): Promise<string> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.on('error', (error) => resolve(outcome(error)));
    server.listen(0, '127.0.0.1', () => server.close(() => resolve('open')));
  });
}

function trySend(type: 'udp4' | 'udp6', address: string): Promise<string> {
  return new Promise((resolve) => {
    try {
      const socket = dgram.createSocket(type);
      socket.on('error', (error) => resolve(outcome(error)));
      socket.send('x', 53, address, (error) => {
        resolve(error === null ? 'open' : outcome(error));
        socket.close();
      });
    } catch (error) {
      resolve(outcome(error));
    }
  });
}

async function tryResolve(): Promise<string> {
  try {
    await dns.lookup('example.org');
    return 'open';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

function walk(): { files: string[]; truncated: boolean } {
  const files: string[] = [];
  const folders = ['/'];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch {
      continue;
    }
    for (const name of names) {
      const file = path.join(folder, name);
      files.push(file);
      if (files.length >= MAX_WALK) return { files, truncated: true };
      if (file !== '/rt' && lstatSync(file, { throwIfNoEntry: false })?.isDirectory())
        folders.push(file);
    }
  }
  return { files, truncated: false };
}

function canWrite(folder: string): boolean {
  const made = path.join(folder, 'probe-of-certamen');
  try {
    mkdirSync(made);
    rmdirSync(made);
    return true;
  } catch {
    return false;
  }
}

function canRead(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

function describeDescriptors(): Record<string, string> {
  const found: Record<string, string> = {};
  for (let fd = 0; fd < 1024; fd++) {
    try {
      const stat = fstatSync(fd);
      const kind = stat.isFile()
        ? 'file'
        : stat.isDirectory()
          ? 'directory'
          : stat.isSocket()
            ? 'socket'
            : stat.isFIFO()
              ? 'pipe'
              : stat.isCharacterDevice()
                ? `device ${String(stat.rdev >> 8)}:${String(stat.rdev & 0xff)}`
                : 'anonymous';
      found[fd] = kind;
    } catch {
      // Not open.
    }
  }
  return found;
}

// Descriptors first: what follows opens some of its own.
const descriptors = describeDescriptors();
const { files, truncated } = walk();
const folders = [
  '/',
  '/tmp',
  '/dev',
  '/dev/shm',
  '/proc',
  '/var/tmp',
  '/run',
  '/home',
  '/rt',
  '/rt/sandbox',
  '/rt/node_modules',
  '/rt/cache',
].filter((folder) => existsSync(folder));
const started = spawnSync(process.execPath, ['--version'], { timeout: PATIENCE_MS });

const findings: ProbeFindings = {
  network: {
    'tcp, loopback': await tryConnect({ host: '127.0.0.1', port: 1 }),
    'tcp, ipv6': await tryConnect({ host: '::1', port: 1 }),
    'tcp, metadata address': await tryConnect({ host: '169.254.169.254', port: 80 }),
    listen: await tryListen(),
    'udp, ipv4': await trySend('udp4', '127.0.0.1'),
    'udp, ipv6': await trySend('udp6', '::1'),
    'unix socket': await tryConnect({ path: '/run/systemd/notify' }),
    'abstract socket': await tryConnect({ path: '\0certamen' }),
    'name look-up': await tryResolve(),
  },
  files,
  filesTruncated: truncated,
  writable: folders.filter(canWrite),
  readable: [
    '/etc/passwd',
    '/etc/hostname',
    '/etc/ssl/openssl.cnf',
    '/proc/self/environ',
    '/proc/1/cmdline',
    '/proc/self/mountinfo',
    '/sys/kernel/notes',
    '/proc/version',
  ].filter(canRead),
  descriptors,
  environment: Object.keys(process.env).sort(),
  childProcess: started.error === undefined ? 'started' : outcome(started.error),
};
process.stdout.write(JSON.stringify(findings));
