import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      // Node runs the thread of a worker, not Vite: tests of sources start the one that was built.
      name: 'built-worker',
      transform(code, id) {
        if (!id.endsWith('/worker/start-worker.ts')) return undefined;
        return code.replace(/(["'])\.\/entry\.js\1/, '"../../dist/worker/entry.js"');
      },
    },
  ],
  test: {
    setupFiles: ['test/property-seed.ts'],
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    typecheck: {
      enabled: true,
      include: ['test/types/**/*.test-d.ts'],
      tsconfig: 'test/types/tsconfig.json',
    },
    reporters: ['default', './test/support/skip-reporter.js'],
    pool: 'forks',
    maxWorkers: 2,
    // Ends what hangs, and times nothing: a busy machine may take many times as long as an idle one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
