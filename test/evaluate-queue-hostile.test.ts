import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, jsonLines } from './support/halfspace.js';
import { findRedis, startRedis, type TestRedis } from './support/redis.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

const REDIS = findRedis();
const PLAN = 'halfspace:evaluate:plan';

/** A command that goes on beside the test. */
interface Running {
  readonly child: ChildProcess;
  /** What it wrote on stderr so far. */
  said(): string;
  ended(): Promise<number | null>;
}

describe.skipIf(REDIS === undefined)(
  'a queue that others write to, or that is lost (needs redis-server)',
  () => {
    let workspace: Workspace;
    let redis: TestRedis;
    let client: Redis;
    const children = new Set<ChildProcess>();

    const UNITS = 24;
    const WHAT = '--suite prompts.jsonl --method plain early=1 --samples 2 --max-tokens 5'.split(' ');
    const evaluation = (out: string) => ['evaluate', ...WHAT, ...SMALL, '--out', out, '--queue', redis.url];
    const worker = () =>
      start(['evaluate-worker', '--queue', redis.url, '--model', './untied', '--threads', '1']);

    beforeAll(async () => {
      workspace = await makeWorkspace();
      const prompts = Array.from({ length: UNITS / 2 }, (_, i) => JSON.stringify({ prompt: `It was: ${i}` }));
      await workspace.write('prompts.jsonl', prompts.join('\n'));
      await fitEarly(workspace);
      await workspace.write('halfspace.config.json', JSON.stringify({ attributes: ['./early.json'] }));
    });
    afterAll(async () => workspace.remove());

    beforeEach(async () => {
      redis = await startRedis(REDIS ?? '', workspace.path);
      client = new Redis(redis.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
      client.on('error', () => undefined);
    });
    afterEach(async () => {
      for (const child of children) child.kill('SIGKILL');
      children.clear();
      client.disconnect();
      await redis.stop();
    });

    function start(words: readonly string[]): Running {
      const env = { ...process.env, HALFSPACE_CACHE: join(workspace.path, 'cache') };
      const child = spawn(process.execPath, [COMMAND, ...words], { cwd: workspace.path, env });
      children.add(child);
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.stdout.resume();
      return {
        child,
        said: () => said,
        async ended() {
          if (child.exitCode === null) await once(child, 'exit');
          return child.exitCode;
        },
      };
    }

    /** The plan of the run that is being asked for, and the name of its queue. */
    async function announced(): Promise<{ plan: string; name: string }> {
      let plan = await client.get(PLAN);
      for (; plan === null; plan = await client.get(PLAN)) await wait(50);
      let names: string[] = [];
      while (names.length === 0) {
        names = (await client.keys('bull:halfspace-*:id')).map((key) => key.split(':')[1]);
        await wait(50);
      }
      return { plan, name: names[0] };
    }

    async function unitsOf(out: string): Promise<string[]> {
      const lines = jsonLines(await readFile(join(workspace.path, out, 'completions.jsonl'), 'utf8')).slice(
        1,
      );
      return lines.map(({ method, prompt }) => `${String(method)} ${String(prompt)}`);
    }

    async function expectWhole(out: string): Promise<void> {
      const units = await unitsOf(out);
      expect(units).toHaveLength(UNITS);
      expect(new Set(units).size).toBe(UNITS);
    }

    it(
      'is done when each unit of the plan is there, whatever else came back',
      { timeout: 240_000 },
      async () => {
        const asking = start(evaluation('foreign'));
        const { name } = await announced();
        const connection = { url: redis.url };
        const queue = new Queue(name, { connection });
        // Nobody asked for these.
        for (let i = 0; i < 3; i++)
          await queue.add('unit', { method: 'x', prompt: { id: i } }, { priority: 0, lifo: true });
        const answers: ((data: { method: string; prompt: { suite: string; id: string } }) => unknown)[] = [
          () => ({ method: 'other', suite: 'prompts', prompt: '1', completions: [] }),
          () => null,
          ({ method }) => ({ method, suite: 'prompts', prompt: 'none' }),
          () => 'text',
          ({ method, prompt }) => ({ method, suite: prompt.suite, prompt: prompt.id, completions: 'many' }),
          ({ method, prompt }) => ({
            method,
            suite: prompt.suite,
            prompt: prompt.id,
            ms: 1,
            peakMemory: 1,
            extraParameters: 0,
            completions: [{ text: 'one alone', tokens: [], logprob: 0, kl: 0, evaluations: 0, margins: {} }],
          }),
          () => ({ __proto__: null, method: '__proto__' }),
        ];
        let asked = 0;
        const liar = new Worker(name, async ({ data }) => answers[asked++ % answers.length](data), {
          connection,
        });
        while (asked < 9) await wait(20);
        await liar.close(true);
        await queue.close();
        const helping = worker();
        expect({ code: await asking.ended(), said: asking.said() }).toMatchObject({ code: 0 });
        expect(await helping.ended()).toBe(0);
        await expectWhole('foreign');
        expect(asking.said()).toMatch(/What the queue gave back is set aside: .*set-aside\.jsonl/);
        const aside = jsonLines(await readFile(join(workspace.path, 'foreign', 'set-aside.jsonl'), 'utf8'));
        expect(aside.length).toBeGreaterThanOrEqual(9);
        // What was set aside is in nobody's way afterwards.
        const again = await workspace.run(['evaluate', '--out', 'foreign', '--json']);
        expect(JSON.parse(again.stdout)).toMatchObject({ units: { done: UNITS, total: UNITS } });
      },
    );

    it('ends with an error where a worker gives back nothing else', { timeout: 240_000 }, async () => {
      const asking = start(evaluation('liar'));
      const { name } = await announced();
      const liar = new Worker(name, async () => ({ method: 'x' }), { connection: { url: redis.url } });
      expect(await asking.ended()).toBe(1);
      await liar.close(true);
      expect(asking.said()).toMatch(
        /^error \(damaged-results\): Workers give back what is no result: .* is missing/m,
      );
    });

    it(
      'is queued again when its server has lost it, and workers wait for that',
      { timeout: 240_000 },
      async () => {
        const asking = start(evaluation('lost'));
        await announced();
        const helping = worker();
        while ((await unitsOf('lost').catch(() => [])).length < 2) await wait(20);
        await redis.stop();
        await redis.start();
        expect({ code: await asking.ended(), said: asking.said() }).toMatchObject({ code: 0 });
        expect({ code: await helping.ended(), said: helping.said() }).toMatchObject({ code: 0 });
        await expectWhole('lost');
        expect(asking.said()).toMatch(/is away\..*\n.*is back\.\n(?:Completing…\n)?.*has lost the queue/);
        for (const running of [asking, helping])
          expect(running.said()).not.toMatch(/^\s+at |ECONN|\[ioredis\]/m);
      },
    );

    it('ends in a line when its server does not come back', { timeout: 240_000 }, async () => {
      const asking = start(evaluation('gone'));
      await announced();
      const helping = worker();
      while ((await unitsOf('gone').catch(() => [])).length < 2) await wait(20);
      await redis.stop();
      for (const running of [asking, helping]) {
        expect({ code: await running.ended(), said: running.said() }).toMatchObject({ code: 1 });
        expect(running.said()).toMatch(
          /^error \(queue-unreachable\): The Redis server at [\d.:]+ went away/m,
        );
        expect(running.said()).not.toMatch(/^\s+at |ECONN|\[ioredis\]/m);
      }
      // It goes on where it was.
      await redis.start();
      const again = start(evaluation('gone'));
      await announced();
      worker();
      expect(await again.ended()).toBe(0);
      await expectWhole('gone');
    });

    it('can be interrupted while its server is away', { timeout: 240_000 }, async () => {
      const asking = start(evaluation('interrupted'));
      await announced();
      const helping = worker();
      while ((await unitsOf('interrupted').catch(() => [])).length < 2) await wait(20);
      await redis.stop();
      for (const running of [asking, helping]) {
        while (!running.said().includes('is away')) await wait(20);
        running.child.kill('SIGINT');
        expect(await running.ended()).toBe(130);
        expect(running.said()).not.toMatch(/error|^\s+at /m);
      }
    });

    it(
      'names no module that a worker would load, and is told when it is no plan',
      { timeout: 240_000 },
      async () => {
        await workspace.write(
          'evil.mjs',
          `import fs from 'node:fs'; fs.writeFileSync('stolen', ''); export default 1;`,
        );
        const asking = start(evaluation('plan'));
        const { plan } = await announced();
        asking.child.kill('SIGKILL');
        const good = JSON.parse(plan) as Record<string, unknown>;
        const evil = join(workspace.path, 'evil.mjs');
        const plans: [string, RegExp][] = [
          [JSON.stringify({ ...good, attributes: { [evil]: 'a' } }), /\(bad-plan\): .*evil\.mjs/],
          [JSON.stringify({ ...good, attributes: { './evil.mjs': 'a' } }), /\(bad-plan\): .*evil\.mjs/],
          [
            JSON.stringify({ ...good, methods: [{ name: 'a', kind: 'x', series: 'a', parameters: {} }] }),
            /\(bad-method\)/,
          ],
          [JSON.stringify({ ...good, version: '99', samples: {} }), /\(other-version\): .*99/],
          [JSON.stringify({ ...good, version: '99' }), /\(other-plan\): .*version was "99"/],
          ['{"version": 1', /\(bad-plan\): .*cut off/],
          ['[]', /\(bad-plan\)/],
          ['null', /\(bad-plan\)/],
        ];
        for (const [text, message] of plans) {
          await client.set(PLAN, text);
          const helping = worker();
          expect(await helping.ended()).toBe(1);
          expect(helping.said()).toMatch(message);
        }
        await client.del(PLAN);
        await client.lpush(PLAN, 'a');
        const helping = worker();
        expect(await helping.ended()).toBe(1);
        expect(helping.said()).toMatch(/^error \(queue-refused\): .*WRONGTYPE/m);
        expect(await workspace.listing()).not.toContain('stolen');
      },
    );
  },
);
