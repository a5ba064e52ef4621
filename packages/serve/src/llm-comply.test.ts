// oxlint-disable-next-line no-restricted-imports -- the checks are a program of Python
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { listen } from './listen.js';
import { toyServer } from './testing/toy-server.js';

const run = promisify(execFile);

/** A Python with llm-comply, where this machine has one. */
const PYTHON = ['python3', process.env['HALFSPACE_TEST_PYTHON'] ?? 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import llm_comply']).status === 0,
);

/** What a server needs no tools and no eyes for. */
const TEXT_TESTS = [
  'chat-basic-response',
  'chat-system-prompt',
  'chat-multi-turn',
  'chat-streaming-response',
  'chat-streaming-usage',
  'chat-error-handling',
];

describe.skipIf(PYTHON === undefined)('conformance (needs llm-comply)', () => {
  it('is that of a chat API, in all that is text', async () => {
    const { server } = await toyServer(
      { keys: ['key'], defaults: { temperature: 0 } },
      { endLogit: 2.7, contextLength: 1000 },
    );
    const { url, stop } = await listen(server, { port: 0 });
    const words = [
      '--base-url',
      `${url}/v1`,
      '--api-key',
      'key',
      '--model',
      'toy',
      '--format',
      'openai-chat',
    ];
    const filter = ['--filter', TEXT_TESTS.join(','), '--json'];
    // Its exit code says what its results say in words.
    const { stdout } = await run(PYTHON ?? '', ['-m', 'llm_comply.cli', ...words, ...filter]).catch(
      (failure: { stdout: string }) => failure,
    );
    await stop(0);
    const { results } = JSON.parse(stdout) as {
      results: { id: string; status: string; errors?: string[]; warnings?: string[] }[];
    };
    // Lists that are empty are left out.
    const seen = results.map(({ id, status, errors = [], warnings = [] }) => ({
      id,
      status,
      errors,
      warnings,
    }));
    expect(seen).toEqual(TEXT_TESTS.map((id) => ({ id, status: 'passed', errors: [], warnings: [] })));
  });
});
