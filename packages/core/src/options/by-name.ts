/**
 * A value for each of some names.
 *
 * @typeParam Name - The names; `string` for any.
 */
export type ByName<Name extends string, T> = Readonly<Record<Name, T>>;

/**
 * A value for some of the names; for any where it is not known which there are, and for none where there is none.
 *
 * @typeParam Name - The names; `string` for any.
 */
export type ByNameOrNot<Name extends string, T> = string extends Name
  ? ByName<string, T>
  : [Name] extends [never]
    ? ByName<string, never>
    : { readonly [N in Name]?: T };
