import type { PluginKind } from './check-plugin.js';
import { describeValue } from '../complaint-of.js';
import { HalfspaceError } from '../errors.js';
import { attributeNameFault } from '../renamed.js';

/** Numbers that formulas have besides margins; no attribute can have such a name. */
export const FORMULA_NUMBERS = ['step', 'progress'] as const;

const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** @throws HalfspaceError `bad-attribute`, `bad-filter` or `bad-judge` when a plugin cannot have this name. */
export function checkName(kind: PluginKind, name: unknown): void {
  if (kind === 'attribute' && FORMULA_NUMBERS.some((each) => each === name)) {
    throw new HalfspaceError(
      'bad-attribute',
      `"${String(name)}" cannot be the name of an attribute: formulas have a number of this name. Use another one.`,
    );
  }
  const renamed = kind === 'attribute' && typeof name === 'string' ? attributeNameFault(name) : undefined;
  if (renamed !== undefined) throw new HalfspaceError('bad-attribute', `${renamed}. Call it so.`);
  if (typeof name === 'string' && KEBAB_CASE.test(name)) return;
  throw new HalfspaceError(
    `bad-${kind}`,
    `"${describeValue(name)}" cannot be the name of ${kind === 'attribute' ? 'an attribute' : `a ${kind}`}: use ` +
      'lower-case words joined by hyphens, such as "self-harm".',
  );
}
