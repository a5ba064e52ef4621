import { createRequire } from 'node:module';

const manifest = createRequire(import.meta.url)('../package.json') as { version: string };

/** Version of the command. Packages that belong together have the same. */
export const VERSION = manifest.version;
