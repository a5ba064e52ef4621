import type { MethodKind } from './method.js';

/** A kind of method whose parameters are checked by its schema before anything else is done with them: what a module binds at `METHOD`. */
export type AnyMethodKind = MethodKind<Readonly<Record<string, unknown>>>;

/**
 * Declares a kind of method.
 *
 * @typeParam P - What the schema makes sure of.
 */
export function defineMethod<P extends object>(kind: MethodKind<P>): AnyMethodKind {
  // The schema is what makes parameters a P.
  return kind as unknown as AnyMethodKind;
}
