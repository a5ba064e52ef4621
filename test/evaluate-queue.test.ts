import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, jsonLines } from './support/halfspace.js';
import { findRedis, startRedis, type TestRedis } from './support/redis.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

const REDIS = findRedis();

describe.skipIf(REDIS === undefined)('a queue (needs redis-server)', () => {
  let workspace: Workspace;
  let redis: TestRedis;
  let url: string;
  const children = new Set<ChildProcess>();

  const COMMON = [
    '--suite',
    'prompts.jsonl',
    '--method',
    'plain',
    'early=1',
    '--samples',
    '5',
    '--max-tokens',
    '50',
    ...SMALL,
  ];
  const evaluation = (out: string, ...more: string[]) => ['evaluate', ...COMMON, '--out', out, ...more];
  const worker = () =>
    start([
      'evaluate-worker',
      '--queue',
      url,
      ...SMALL.filter((word) => !['--precision', 'f32'].includes(word)),
    ]);

  beforeAll(async () => {
    workspace = await makeWorkspace();
    const prompts = Array.from({ length: 40 }, (_, i) => `${JSON.stringify({ prompt: `It was: ${i}` })}\n`);
    await workspace.write('prompts.jsonl', prompts.join(''));
    await fitEarly(workspace);
    await workspace.write('halfspace.config.json', JSON.stringify({ attributes: ['./early.json'] }));
    redis = await startRedis(REDIS ?? '', workspace.path);
    url = redis.url;
  });

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await redis.stop();
    await workspace.remove();
  });

  function start(words: readonly string[]): ChildProcess {
    const env = { ...process.env, HALFSPACE_CACHE: join(workspace.path, 'cache') };
    const child = spawn(process.execPath, [COMMAND, ...words], { cwd: workspace.path, env, stdio: 'ignore' });
    children.add(child);
    return child;
  }

  async function linesOf(out: string): Promise<number> {
    const text = await readFile(join(workspace.path, out, 'completions.jsonl'), 'utf8').catch(() => '');
    return text.split('\n').length - 1;
  }

  async function completionsOf(out: string): Promise<string[]> {
    const lines = jsonLines(await workspace.read(join(out, 'completions.jsonl')));
    return lines.map((line) => JSON.stringify({ ...line, ms: 0, peakMemory: 0 })).sort();
  }

  async function codeOf(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  /** Kills a process as soon as the run has this many lines. */
  async function killAt(child: ChildProcess, lines: number): Promise<void> {
    while (child.exitCode === null && (await linesOf('queued')) < lines) await wait(20);
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  it(
    'comes to the same as one process, although workers and the one who asks are killed',
    { timeout: 240_000 },
    async () => {
      expect(await workspace.run(evaluation('whole'))).toMatchObject({ code: 0 });
      const asking = start(evaluation('queued', '--queue', url));
      while ((await linesOf('queued')) < 1) await wait(50);
      await killAt(worker(), 5);
      const second = worker();
      await killAt(asking, 10);
      const again = start(evaluation('queued', '--queue', url));
      await killAt(second, 16);
      const others = [worker(), worker()];
      expect(await codeOf(again)).toBe(0);
      // A worker that comes too late finds nothing to do, and says so.
      for (const each of others) expect([0, 1]).toContain(await codeOf(each));
      expect(await completionsOf('queued')).toEqual(await completionsOf('whole'));
      // Nothing is left for anyone else.
      const idle = await workspace.run(['evaluate-worker', '--queue', url]);
      expect(idle.stderr).toMatch(/^error \(no-queued-run\)/m);
    },
  );

  it('refuses a worker with another model', async () => {
    const asking = start(evaluation('other', '--queue', url));
    while ((await linesOf('other')) < 1) await wait(50);
    await workspace.write(
      'early.json',
      (await workspace.read('early.json')).replace(/"offset":\s*[-\d.e]+/, '"offset": 0.25'),
    );
    const run = await workspace.run([
      'evaluate-worker',
      '--queue',
      url,
      '--model',
      './untied',
      '--threads',
      '1',
    ]);
    asking.kill('SIGKILL');
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(
      /\(other-plan\): The run wants something else than there is here\. Its attributes was/,
    );
  });

  it('says so when there is no server', async () => {
    const { stderr } = await workspace.run(['evaluate-worker', '--queue', 'redis://127.0.0.1:1']);
    expect(stderr).toMatch(/^error \(queue-unreachable\): There is no Redis server at 127\.0\.0\.1:1:/m);
    const wrong = await workspace.run(['evaluate-worker', '--queue', 'localhost']);
    expect(wrong.stderr).toMatch(/^error \(bad-option\)/m);
  });
});
