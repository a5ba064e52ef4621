import type { Part } from '../parts/part.js';

const SVG = 'http://www.w3.org/2000/svg';
const OF_SVG = new Set(['svg', 'g', 'line', 'rect', 'circle', 'path', 'text', 'polygon']);

/** A part as a node. Texts become text nodes, and so are never markup. */
export function domOf(given: Part): Node {
  if (typeof given === 'string') return document.createTextNode(given);
  const { tag, attributes, style, children } = given;
  const element = OF_SVG.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
  element.append(...children.map(domOf));
  return element;
}

/** The element of an id, which the page has. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.querySelector<Kind>(`#${id}`);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

/** Puts parts into an element, in place of what is there. */
export function fill(element: Element, ...parts: readonly Part[]): void {
  element.replaceChildren(...parts.map(domOf));
}
