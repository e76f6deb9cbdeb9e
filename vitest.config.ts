import { defineConfig } from 'vitest/config';

const env = { ORT_DISABLE_TELEMETRY: '1', NODE_ENV: 'test' };
const common = { env, testTimeout: 60_000, hookTimeout: 120_000, allowOnly: !process.env['CI'] };

/**
 * `main` needs nothing but `npm ci`. `isolation` needs bubblewrap, `browser` needs Chromium, and `gpu`
 * needs both, for Chromium brings a software driver: they
 * fail, rather than skip, where those are missing, and have their own npm scripts.
 */
export default defineConfig({
  test: {
    // Most of the time a test waits for a child: leave no processor out.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          ...common,
          name: 'main',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/isolation/**', 'tests/browser/**', 'tests/gpu/**'],
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
        // Every file is in one of the other projects too: this one is for `npm run test:hostile`.
        test: {
          ...common,
          name: 'hostile',
          include: [
            'tests/sandbox/*.test.ts',
            'tests/sandbox/runners/{archive,in-child,onnx-external-data,onnx-hostile,tfjs-hostile}.test.ts',
            'tests/isolation/{hostile-*,cheats,hidden-targets,limits,state-kept,surroundings,system-calls}.test.ts',
          ],
          globalSetup: ['tests/setup/prepare-digits.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: 'gpu',
          include: ['tests/gpu/**/*.test.ts'],
          globalSetup: ['tests/setup/prepare-digits.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
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
