import { defineConfig } from 'vitest/config';

const env = { ORT_DISABLE_TELEMETRY: '1', NODE_ENV: 'test' };
const common = { env, testTimeout: 60_000, hookTimeout: 120_000, allowOnly: !process.env['CI'] };

/**
 * `main` needs nothing but `npm ci`. `isolation` needs bubblewrap and `browser` needs Chromium: they
 * fail, rather than skip, where those are missing, and have their own npm scripts.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'main',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/isolation/**', 'tests/browser/**'],
          globalSetup: ['tests/setup/prepare-digits.ts'],
        },
      },
      {
        test: {
          ...common,
          name: 'isolation',
          include: ['tests/isolation/**/*.test.ts'],
          globalSetup: ['tests/setup/prepare-digits.ts'],
          fileParallelism: false,
        },
      },
      {
        test: {
          ...common,
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          globalSetup: ['tests/setup/prepare-digits.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
