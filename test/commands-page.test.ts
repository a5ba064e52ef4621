import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../packages/cli/scripts/commands-page.js', import.meta.url));
const PAGE = new URL('../docs/commands.md', import.meta.url);

it('docs/commands.md is what `npm run commands` makes of the commands', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT]);
  expect(await readFile(PAGE, 'utf8')).toBe(stdout);
});
