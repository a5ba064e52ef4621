import { HalfspaceError } from './errors.js';

const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** @throws HalfspaceError `bad-attribute` or `bad-filter` when a plugin cannot have this name. */
export function checkName(kind: 'attribute' | 'filter', name: unknown): void {
  if (typeof name === 'string' && KEBAB_CASE.test(name)) return;
  throw new HalfspaceError(
    `bad-${kind}`,
    `"${String(name)}" cannot be the name of ${kind === 'attribute' ? 'an attribute' : 'a filter'}: use ` +
      'lower-case words joined by hyphens, such as "self-harm".',
  );
}
