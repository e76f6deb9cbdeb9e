import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  CONFIG_KEYS,
  ConfigError,
  describeConfig,
  loadConfig,
  renderConfigReference,
  renderEnvExample,
} from '../../../server/config.ts';

const root = path.resolve(import.meta.dirname, '../../..');

describe('loadConfig', () => {
  it('works with an empty environment and derives what is unset', () => {
    const config = loadConfig({ DATA_DIR: '/srv/certamen data' });
    expect(config).toMatchObject({
      PORT: 8080,
      HOST: '127.0.0.1',
      PUBLIC_URL: 'http://127.0.0.1:8080',
      DATABASE_URL: 'sqlite:/srv/certamen data/certamen.db',
      STORAGE_URL: 'file:///srv/certamen%20data/storage',
      CERTAMEN_MODE: 'auto',
      SUPERVISE_WORKER: true,
    });
  });

  it('makes the default data folder absolute', () => {
    expect(loadConfig({}).DATA_DIR).toBe(path.resolve('data'));
  });

  it('takes an empty value for unset', () => {
    expect(loadConfig({ PORT: '', PUBLIC_URL: '' }).PORT).toBe(8080);
  });

  it('brackets an IPv6 address in the public address', () => {
    expect(loadConfig({ HOST: '::1', PORT: '9000' }).PUBLIC_URL).toBe('http://[::1]:9000');
  });

  it('drops the slash at the end of the public address', () => {
    expect(loadConfig({ PUBLIC_URL: 'https://a.example/' }).PUBLIC_URL).toBe('https://a.example');
  });

  it('names every bad key at once', () => {
    const load = () =>
      loadConfig({
        PORT: '70000',
        JOB_LEASE_MS: '1e4',
        SUPERVISE_WORKER: 'yes',
        PUBLIC_URL: 'javascript:alert(1)',
        DATABASE_URL: 'mysql://x',
      });
    expect(load).toThrow(ConfigError);
    try {
      load();
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems : [];
      expect(problems.map((line) => line.split(' ')[0]).sort()).toEqual([
        'DATABASE_URL',
        'JOB_LEASE_MS',
        'PORT',
        'PUBLIC_URL',
        'SUPERVISE_WORKER',
      ]);
      expect(problems.find((line) => line.startsWith('PORT'))).toBe(
        'PORT must be a whole number from 0 to 65535',
      );
    }
  });

  it('refuses the demo in production', () => {
    expect(() => loadConfig({ CERTAMEN_MODE: 'demo', NODE_ENV: 'production' })).toThrow(
      /CERTAMEN_MODE must not be demo/u,
    );
  });
});

describe('describeConfig', () => {
  it('shows every key', () => {
    expect(Object.keys(describeConfig(loadConfig({})))).toEqual(Object.keys(CONFIG_KEYS));
  });

  it('hides what an address may carry besides its scheme', () => {
    const config = { ...loadConfig({}), DATABASE_URL: 'postgres://user:secret@db/certamen' };
    expect(describeConfig(config)['DATABASE_URL']).toBe('postgres:***');
  });
});

describe('the documents made from the schema', () => {
  it('keeps .env.example equal to the schema', async () => {
    expect(await readFile(path.join(root, '.env.example'), 'utf8')).toBe(renderEnvExample());
  });

  it('keeps the reference page equal to the schema', async () => {
    const page = path.join(root, 'docs/reference/configuration.md');
    expect(await readFile(page, 'utf8')).toBe(renderConfigReference());
  });

  it('states defaults that the schema accepts and starts from', () => {
    for (const [name, { schema, fallback }] of Object.entries(CONFIG_KEYS)) {
      if (fallback === '') continue;
      expect(schema.parse(fallback), name).toEqual(schema.parse(undefined));
    }
  });
});
