import type { ElementPart, Part } from './part.js';

/** Elements that hold nothing, and have no end. */
const VOID = new Set(['br', 'input', 'link', 'meta', 'img']);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML: what any page may hold that a model, a file or a user wrote. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]);
}

/** A part of a page as HTML. */
export function htmlOf(given: Part): string {
  if (typeof given === 'string') return escaped(given);
  const { tag, children } = given;
  const start = `<${tag}${attributesOf(given)}>`;
  return VOID.has(tag) ? start : `${start}${children.map(htmlOf).join('')}</${tag}>`;
}

function attributesOf({ attributes, style }: ElementPart): string {
  const styles = Object.entries(style)
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');
  return [...Object.entries(attributes), ['style', styles === '' ? undefined : styles] as const]
    .flatMap(([name, value]) => {
      if (value === undefined || value === false) return [];
      return value === true ? [` ${name}`] : [` ${name}="${escaped(String(value))}"`];
    })
    .join('');
}
