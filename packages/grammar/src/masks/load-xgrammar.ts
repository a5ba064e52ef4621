import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type * as XGrammar from '@mlc-ai/web-xgrammar';

type Loader = (...values: unknown[]) => void;

/**
 * Loads the library. Its file is made for CommonJS and its package says that it is a module, so that neither `import` nor `require`
 * can load it: it is run as the body of a function here, as `require` does it.
 *
 * @param onMessage - Gets what it would write to the console.
 */
export function loadXGrammar(onMessage: (message: string) => void): typeof XGrammar {
  const require = createRequire(import.meta.url);
  const filename = require.resolve('@mlc-ai/web-xgrammar');
  const hear = (...parts: unknown[]) => onMessage(parts.map(String).join(' '));
  const console = { log: hear, info: hear, warn: hear, error: hear };
  const names = ['exports', 'module', 'require', '__filename', '__dirname', 'console'];
  // What `vm` compiles cannot import modules, as the library does, without a warning. It is the file of a dependency.
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func
  const load = new Function(...names, readFileSync(filename, 'utf8')) as Loader;
  const module = { exports: {} };
  load(module.exports, module, require, filename, dirname(filename), console);
  return module.exports as typeof XGrammar;
}
