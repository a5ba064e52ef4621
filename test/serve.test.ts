import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, halfspace } from './support/halfspace.js';
import { makeSmallModel } from './support/small-model.js';

let directory: string;
let model: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-serve-'));
  model = await makeSmallModel('untied', join(directory, 'small'));
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** `halfspace serve` with a small model, once it is ready. */
async function serve(words: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = directory) {
  const child = spawn(
    process.execPath,
    [COMMAND, 'serve', '--model', model, '--precision', 'f32', '--threads', '1', '--port', '0', ...words],
    {
      cwd,
      env: { ...process.env, HALFSPACE_CACHE: join(directory, 'cache'), ...env },
    },
  );
  children.push(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!said.includes('Ready.')) {
    if (child.exitCode !== null) throw new Error(said);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [, url = ''] = /Listening on (\S+)\./.exec(said) ?? [];
  return { child, url, said: () => said };
}

const post = async (url: string, path: string, body: object, headers = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

const chat = { model: 'small', messages: [{ role: 'user', content: 'hi' }], max_tokens: 8, seed: 1 };

describe('halfspace serve', () => {
  it('listens, answers what the command writes, logs no texts, and says what it stopped', async () => {
    const { child, url, said } = await serve(['--id', 'small', '--metrics']);
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    const words = [
      'generate',
      '--chat',
      'hi',
      '--max-tokens',
      '8',
      '--seed',
      '1',
      '--model',
      model,
      '--precision',
      'f32',
      '--threads',
      '1',
      '--json',
    ];
    const { stdout } = await halfspace(words, { env: { HALFSPACE_CACHE: join(directory, 'cache') } });
    const answer = (await (await post(url, '/v1/chat/completions', chat)).json()) as {
      choices: [{ message: { content: string } }];
    };
    expect(answer.choices[0].message.content).toBe((JSON.parse(stdout) as { text: string }).text);
    const attributes = (await (await fetch(`${url}/halfspace/attributes`)).json()) as {
      data: { name: string; card: string; heldOut: object[]; available: boolean }[];
    };
    expect(attributes.data.map(({ name }) => name).toSorted()).toEqual(['helpful', 'nontoxic', 'truthful']);
    for (const each of attributes.data) {
      expect(each).toMatchObject({
        available: false,
        card: expect.stringMatching(/^# /),
        heldOut: expect.toSatisfy((all: object[]) => all.length > 0),
      });
    }
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('halfspace_completion_tokens_total 8');
    await fetch(`${url}/a%1b[2J%0Ab`);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(143);
    expect(said()).toMatch(/POST \/v1\/chat\/completions 200 .* model=small tokens=\d+\+8/);
    expect(said()).toContain('/a%1b[2J%0Ab');
    expect(said()).toMatch(/Stopped\. \d requests finished, 0 requests cancelled\.\n$/);
    expect(said()).not.toContain('user: hi');
    expect(said()).not.toContain(answer.choices[0].message.content);
  });

  it('takes its settings from the config, and flags before them', async () => {
    const project = await mkdtemp(join(directory, 'project-'));
    const config = {
      serve: {
        key: 'of-config',
        id: ['mine', 'also-mine'],
        limits: { maxTokens: 4 },
        defaults: { temperature: 0 },
        presets: { cold: { temperature: 0.1 } },
        log: 'texts',
        cors: ['https://a.example'],
      },
    };
    await writeFile(join(project, 'halfspace.config.json'), JSON.stringify(config));
    const presets = join(project, 'presets.json');
    await writeFile(presets, '{ "warm": { "temperature": 2 } }');
    const { url, said } = await serve(
      ['--limit', 'maxCompletions=2', '--presets', presets],
      { HALFSPACE_KEY: 'of-env' },
      project,
    );
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    for (const key of ['of-config', 'of-env']) {
      const models = (await (
        await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
      ).json()) as { data: { id: string }[] };
      expect(models.data.map(({ id }) => id)).toEqual(
        expect.arrayContaining(['mine', 'also-mine:cold', 'mine:warm']),
      );
    }
    const authorization = 'Bearer of-env';
    const ask = async (more: object) =>
      post(
        url,
        '/v1/chat/completions',
        { ...chat, model: 'mine', max_tokens: 4, ...more },
        { authorization },
      );
    const texts = async () =>
      ((await (await ask({ seed: null })).json()) as { choices: [{ message: { content: string } }] })
        .choices[0].message.content;
    expect(await texts()).toBe(await texts());
    expect((await ask({ max_tokens: 5 })).status).toBe(400);
    expect((await ask({ n: 3 })).status).toBe(400);
    expect(said()).toMatch(/prompts=\["user: hi/);
  });

  it.each([
    [['--host', '0.0.0.0'], /bad-option.*--key/],
    [['--limit', 'nix=3'], /bad-option.*nix/],
    [['--presets', 'nowhere.json'], /file-not-found/],
    [['--key', 'has a space'], /bad-option.*key/],
    [['--attribute', 'nix=1'], /unknown-attribute/],
    [['--attribute', 'nontoxic=1'], /bad-option.*nontoxic/],
  ])('says what is wrong with %j', async (words, message) => {
    const { code, stderr } = await halfspace(['serve', '--model', model, '--port', '0', ...words], {
      cwd: directory,
      env: { HALFSPACE_CACHE: join(directory, 'cache') },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});
