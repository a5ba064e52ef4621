// A source of models: those of one folder, by their names. It is asked before the sources that come with Halfspace.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = process.env.MODELS ?? fileURLToPath(new URL('models', import.meta.url));

/** What is on the shelf: GGUF files, by their names without the ending, and directories. */
async function models() {
  const entries = await readdir(FOLDER, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() || entry.name.endsWith('.gguf'))
    .map(({ name }) => ({ name: name.replace(/\.gguf$/, ''), path: join(FOLDER, name) }));
}

export const shelf = {
  name: 'shelf',
  list: models,
  async find(spec) {
    return (await models()).find(({ name }) => name === spec)?.path;
  },
};
