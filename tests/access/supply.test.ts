/** What comes in from outside: packages, and answers of other hosts, of which there are none. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

function sources(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

interface Package {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
}
interface Lock {
  readonly packages: Record<string, { integrity?: string; hasInstallScript?: boolean }>;
}

const { dependencies, devDependencies, optionalDependencies, allowScripts } = JSON.parse(
  read('package.json'),
) as Package;
const { packages } = JSON.parse(read('package-lock.json')) as Lock;

describe('the platform', () => {
  it('asks no other host for anything, so that nobody can make it ask', () => {
    const files = ['server', 'sandbox', 'scoring', 'tasks'].flatMap(sources);
    expect(files.length).toBeGreaterThan(200);
    // The probes of the isolation try to reach out, from inside, and have to fail.
    const asking = files
      .filter((file) => file !== 'sandbox/isolation/probe-child.ts')
      .filter((file) =>
        /(?<![.\w])fetch\(|XMLHttpRequest|new WebSocket|from '(?:undici|axios|got|node-fetch)'|node:(?:dns|tls|dgram|https|http2)|\b(?:https?|net)\.(?:get|request|connect|createConnection)\(|import \{[^}]*\b(?:request|get|connect|createConnection)\b[^}]*\} from 'node:(?:http|net)'/u.test(
          read(file),
        ),
      );
    expect(asking).toEqual([]);
  });
});

describe('packages', () => {
  it('have one exact version and the hash of their content each', () => {
    const wanted = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u.test(version))).toEqual(
      [],
    );
    const unlocked = Object.entries(packages).filter(
      ([name, { integrity }]) => name !== '' && !/^sha512-/u.test(integrity ?? ''),
    );
    expect(unlocked.map(([name]) => name)).toEqual([]);
  });

  it('run no script when they are installed', () => {
    const withScripts = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([name]) => name.replace(/^.*node_modules\//u, ''));
    expect(withScripts.filter((name) => allowScripts[name] !== false)).toEqual([]);
    expect(Object.values(allowScripts).filter(Boolean)).toEqual([]);
  });
});
