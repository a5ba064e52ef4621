import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultsOf } from './support/halfspace.js';
import { labelledRows, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

const FIT = 'fit --attribute early --data rows.jsonl --output early.json --layer 1'.split(' ');

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await workspace.write('rows.jsonl', labelledRows(60));
  // What the data are like is told on stderr.
  expect(await workspace.run([...FIT, ...SMALL])).toMatchObject({ code: 0 });
  await workspace.write(
    'halfspace.config.ts',
    `const model: string = './untied';
     export default { model, precision: 'f32', threads: 1, attributes: ['./early.json', './broken.js'] };`,
  );
  await workspace.write('broken.js', 'throw new Error("boom");');
});
afterAll(async () => workspace.remove());

it('a config names the model and the attributes for every command', async () => {
  const generate = ['generate', 'hi', '--max-tokens', '4', '--json'];
  const [found] = resultsOf(await workspace.run([...generate, '--attribute', 'early=2']));
  const [named] = resultsOf(await workspace.run([...generate, ...SMALL, '--attribute', './early.json=2']));
  expect({ ...found, timing: undefined }).toEqual({ ...named, timing: undefined });

  const score = ['score', '--attribute', 'early', '--input', '-', '--json'];
  const [scored] = resultsOf(await workspace.run(score, { input: '{"response": "hi"}' }));
  expect(scored).toMatchObject({ margins: { early: {} } });

  const [model] = resultsOf(await workspace.run(['model', 'inspect', '--json']));
  expect(model).toMatchObject({ path: expect.stringContaining('untied') });
});

it('what the command line says counts more', async () => {
  const { code, stderr } = await workspace.run(['generate', 'hi', '--model', './none.gguf']);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/"\.\/none\.gguf"/) });
});

it('fit goes by the columns of the data where an attribute has no recipe, and names what cannot be used', async () => {
  const { code, stderr } = await workspace.run(FIT);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/^.*broken\.js.*boom\./) });
});
