import { describeValue } from '../complaint-of.js';
import type { ErrorCode } from '../error-codes.js';
import { HalfspaceError } from '../errors.js';
import { fieldsOf } from '../plugin/check-plugin.js';

/** What marks an extension point, in whichever copy of core. */
const POINT = Symbol.for('@halfspace/core/extension-point');

/** A place where modules add something: model families, judges, or whatever a package opens to others. */
export interface ExtensionPoint<T> {
  /** What is added there, in words for messages, such as `model family`: the same in all copies of the package that opens it. */
  readonly name: string;
  /** What it is bound under in the container: the same symbol in every copy of core. */
  readonly key: symbol;
  /** Code of the error for a name that nobody has bound. */
  readonly unknown: ErrorCode;
  /** What a value is called by: a text, of which there is one at the point. */
  nameOf(value: T): string;
  /** @throws whatever is wrong with a value that is bound, which may be anything */
  check(value: unknown): void;
}

/** What a package writes to open an {@link ExtensionPoint}. */
export interface ExtensionPointDefinition<T> {
  /** What a value is called by (default: its `name`). */
  nameOf?(value: T): string;
  /** Throws where a value is none for this point; {@link checkFields} does for most. */
  check(value: unknown): void;
  /** Code of the error for a name that nobody has bound (default `unknown-extension`). */
  readonly unknown?: ErrorCode;
}

/**
 * Opens a place where modules add something.
 *
 * @typeParam T - What is added; `check` makes sure of it.
 * @param name - What is added, in words for messages, such as `model family`. Two points of one name are one.
 */
export function defineExtensionPoint<T>(
  name: string,
  definition: ExtensionPointDefinition<T>,
): ExtensionPoint<T> {
  const point: ExtensionPoint<T> = {
    name,
    key: Symbol.for(`@halfspace/core/extension-point/${name}`),
    unknown: definition.unknown ?? 'unknown-extension',
    nameOf: (value) => definition.nameOf?.(value) ?? (fieldsOf(value)['name'] as string),
    check: (value) => definition.check(value),
  };
  return Object.freeze(Object.defineProperty(point, POINT, { value: true }));
}

/** Whether something is an extension point, made by any copy of core. */
export function isExtensionPoint(value: unknown): value is ExtensionPoint<unknown> {
  return fieldsOf(value)[POINT] === true;
}

/**
 * Refuses a value without the fields that it needs.
 *
 * @param what - What it should be, in words, such as `model family`.
 * @param types - What `typeof` says of each field.
 * @throws HalfspaceError `bad-module` naming the first field that is not as it has to be
 */
export function checkFields(
  what: string,
  value: unknown,
  types: Readonly<Record<string, 'string' | 'function' | 'object'>>,
): void {
  const fields = fieldsOf(value);
  for (const [field, type] of Object.entries(types)) {
    const found = fields[field];
    if (typeof found === type && found !== null && found !== '') continue;
    const needed = { string: 'a text', function: 'a function', object: 'an object' }[type];
    throw new HalfspaceError(
      'bad-module',
      `A ${what} has ${needed} "${field}"; it is ${describeValue(found)} in what was bound as one.`,
    );
  }
}
