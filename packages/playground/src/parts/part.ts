/** What an attribute of an element may be; those that are undefined or false are left out, and true is an empty one. */
export type AttributeValue = string | number | boolean | undefined;

/** A piece of a page: text, which is never markup, or an element. A page of HTML and a page that runs are made of the same. */
export type Part = string | ElementPart;

/** An element of a page, as data. */
export interface ElementPart {
  /** Its name, such as `td` or `rect`. */
  readonly tag: string;
  /** Its attributes but `style`. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Properties of its style, custom ones included. */
  readonly style: Readonly<Record<string, string>>;
  /** What it holds. */
  readonly children: readonly Part[];
}

/** Attributes as they are given, those of `style` by the names of properties. */
export type GivenAttributes = Readonly<Record<string, AttributeValue | Readonly<Record<string, string>>>>;

/**
 * Makes an element.
 *
 * @param children - What it holds; undefined for nothing.
 */
export function part(
  tag: string,
  attributes: GivenAttributes = {},
  ...children: readonly (Part | undefined)[]
): ElementPart {
  const { style = {}, ...others } = attributes;
  return {
    tag,
    attributes: others as ElementPart['attributes'],
    style: style as ElementPart['style'],
    children: children.filter((child) => child !== undefined),
  };
}
