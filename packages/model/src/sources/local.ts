import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Source } from './source.js';

/** A path to a file or directory. */
export const localPath: Source = {
  name: 'local path',
  find: async (spec) => {
    if (spec === '') return undefined;
    const path = resolve(spec);
    return access(path).then(
      () => path,
      () => undefined,
    );
  },
};
