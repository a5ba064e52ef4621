import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findConfig } from './find-config.js';
import { directoryWith } from '../testing/directory-with.js';

/** Finds the config as a command would that runs in a directory. */
async function findFrom(directory: string) {
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(directory);
  return findConfig().finally(() => cwd.mockRestore());
}

const SETTINGS = {
  attributes: ['./calm', 'halfspace-attribute-kind'],
  model: '../m.gguf',
  threads: 2,
  chatTemplate: 'chat.jinja',
};
const SOURCES = {
  'halfspace.config.json': JSON.stringify(SETTINGS),
  'halfspace.config.js': `export default ${JSON.stringify(SETTINGS)};`,
  'halfspace.config.ts': `export default ${JSON.stringify(SETTINGS)} satisfies object;`,
};

describe('a config', () => {
  it.each(Object.entries(SOURCES))(
    '%s is found from below, its paths relative to it',
    async (name, source) => {
      const directory = await directoryWith({
        [name]: source,
        'package.json': '{"type": "module"}',
        'a/b/c.txt': '',
      });
      expect(await findFrom(join(directory, 'a', 'b'))).toEqual({
        path: join(directory, name),
        attributes: [join(directory, 'calm'), 'halfspace-attribute-kind'],
        model: join(directory, '..', 'm.gguf'),
        threads: 2,
        chatTemplate: join(directory, 'chat.jinja'),
      });
    },
  );

  it('is the nearest one', async () => {
    const directory = await directoryWith({
      'halfspace.config.json': '{"threads": 1}',
      'a/halfspace.config.json': '{"model": "org/name"}',
    });
    const path = join(directory, 'a', 'halfspace.config.json');
    expect(await findFrom(join(directory, 'a'))).toEqual({ path, model: 'org/name' });
  });

  it.each(['package.json', '.git/HEAD'])('above the project, as %s marks it, is not run', async (mark) => {
    const directory = await directoryWith({
      'halfspace.config.js': 'throw new Error("run");',
      [`a/${mark}`]: '{}',
      'a/b/c.txt': '',
    });
    expect(await findFrom(join(directory, 'a', 'b'))).toBeUndefined();
  });

  it('above a directory that belongs to no project is not run', async () => {
    const directory = await directoryWith({
      'halfspace.config.js': 'throw new Error("run");',
      'a/b.txt': '',
    });
    expect(await findFrom(join(directory, 'a'))).toBeUndefined();
  });

  it('need not be there', async () => {
    expect(await findFrom(await directoryWith({}))).toBeUndefined();
  });
});

it.each([
  [
    'an unknown setting',
    '{"modle": "x"}',
    /no setting "modle"\. Did you mean "model"\?.*attributes, formula, model, preset, precision, chatTemplate, threads/,
  ],
  ['a wrong type', '{"attributes": [1]}', /attributes\.0 must be string; got 1/],
  ['a wrong choice', '{"precision": "f64"}', /precision must be f32 or int8/],
  ['a device that there is not', '{"device": "tpu"}', /device must be auto or cpu or webgpu/],
  ['a formula of another type', '{"formula": 2}', /formula must be string/],
  ['a number out of range', '{"threads": 0}', /threads must be >= 1/],
  ['no object', '[]', /a config is an object/],
  ['nothing', '', /a config is an object/],
  ['no JSON', '{', /cannot be read/],
])('a config with %s is refused', async (_, content, message) => {
  const directory = await directoryWith({ 'halfspace.config.json': content });
  await expect(findFrom(directory)).rejects.toThrow(
    expect.objectContaining({ code: 'bad-config', message: expect.stringMatching(message) }),
  );
  await expect(findFrom(directory)).rejects.toThrow(join(directory, 'halfspace.config.json'));
});

it('a config that throws is refused', async () => {
  const directory = await directoryWith({ 'halfspace.config.ts': 'throw new Error("not today")' });
  await expect(findFrom(directory)).rejects.toThrow(
    expect.objectContaining({ code: 'bad-config', message: expect.stringContaining('not today') }),
  );
});
