import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultsOf } from './support/halfspace.js';
import { makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(async () => workspace.remove());

interface Case {
  readonly name: string;
  readonly completions: number;
  readonly msPerToken: number;
}

it('names every way to decode otherwise', async () => {
  const words = ['bench', '--rounds', '1', '--tokens', '2', '--json', ...SMALL];
  const [{ cases, device }] = resultsOf<{ cases: readonly Case[]; device: string }>(
    await workspace.run(words),
  );
  expect(device).toBe('cpu');
  const names = cases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(['plain', '3 eager', 'plain, 25 together']));
  for (const { name, completions } of cases) expect(name.endsWith(', 25 together')).toBe(completions === 25);
  for (const { msPerToken } of cases) expect(msPerToken).toBeGreaterThan(0);
});
