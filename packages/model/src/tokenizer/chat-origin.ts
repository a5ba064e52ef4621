import type { ChatMessage } from '@halfspace/core';
import type { ControlTokens, IsWritten } from './control-tokens.js';

/** A conversation as it is rendered. */
export interface RenderedChat {
  readonly text: string;
  /** Whether a control token in it was written by the template. */
  readonly isWritten: IsWritten;
}

/** Who speaks in any chat: words of templates, and nobody's text. */
const ROLES: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant', 'tool', 'developer']);

/** A chat template. */
export interface ChatTemplate {
  /** As it is written. */
  readonly source: string;
  readonly render: (messages: readonly ChatMessage[]) => string;
}

/**
 * Renders a conversation and finds out which control tokens the template wrote, and which are text of messages, however the
 * template moves, cuts or joins it. Messages are rendered once as they are, and once more with marks, which nobody has written, for the
 * characters that control tokens begin and end with: where the rendered text has a mark, there is text. Where that renders
 * otherwise, because the template looks into messages, only what spells control tokens is marked, but for those that it looks for.
 * What cannot be followed even so is text wherever there is more of it than the template writes by itself.
 */
export function renderMarked(
  { source, render }: ChatTemplate,
  messages: readonly ChatMessage[],
  controls: ControlTokens,
): RenderedChat {
  const text = render(messages);
  const said = textsOf(messages).join('');
  const marks = createMarks(controls, text + said);
  if (marks.put(said, () => true) === said) return { text, isWritten: () => true };
  const marked = (change: (text: string) => string): RenderedChat | undefined => {
    try {
      return readMarks(render(mapTexts(messages, change) as readonly ChatMessage[]), marks);
    } catch {
      // A template may refuse what it does not find.
      return undefined;
    }
  };
  const opaque = marked((each) => marks.put(each, () => true));
  if (opaque?.text === text) return opaque;
  const spelled = (ignored: ReadonlySet<string>) => {
    const light = marked((each) => markSpelled(each, marks, controls, ignored));
    return light?.text === text ? light : undefined;
  };
  const all = controls.control.map(({ content }) => content);
  const lookedFor = () =>
    all.filter((token) => {
      if (!source.includes(token) || !said.includes(token)) return false;
      return spelled(new Set(all.filter((other) => other !== token))) === undefined;
    });
  const followed = spelled(new Set()) ?? spelled(new Set(lookedFor())) ?? { text, isWritten: () => true };
  const doubtful = doubtfulTokens(controls, followed, opaque, said);
  return {
    text,
    isWritten: (start, end) => followed.isWritten(start, end) && !doubtful.has(text.slice(start, end)),
  };
}

/** Tokens of which there are more than the template writes, and which messages may have brought about. */
function doubtfulTokens(
  controls: ControlTokens,
  followed: RenderedChat,
  opaque: RenderedChat | undefined,
  said: string,
): Set<string> {
  const own = countOf(controls, opaque);
  const more = [...countOf(controls, followed)].filter(([token, count]) => count > (own.get(token) ?? 0));
  return new Set(more.map(([token]) => token).filter((token) => isSpelledIn(said, token)));
}

/** Characters that stand for others. */
interface Marks {
  /** Puts them in the places of a text that are chosen. */
  put(text: string, isChosen: (at: number) => boolean): string;
  /** Takes them out again. */
  take(text: string): string;
  /** Whether a character is one. */
  has(unit: string): boolean;
}

/** Marks for the first and last characters of control tokens, as long as those, that occur in none of the texts. */
function createMarks(controls: ControlTokens, texts: string): Marks {
  const ends = controls.control.flatMap(({ content }) => [content[0], content[content.length - 1]]);
  const taken = new Set(texts);
  const marks = new Map<string, string>();
  let next = 0xe000;
  for (const unit of new Set(ends)) {
    // White space is trimmed.
    if (/\s/u.test(unit)) continue;
    while (taken.has(String.fromCharCode(next))) next++;
    marks.set(unit, String.fromCharCode(next++));
  }
  const originals = new Map([...marks].map(([unit, mark]) => [mark, unit]));
  return {
    put: (text, isChosen) => replaceUnits(text, (unit, at) => (isChosen(at) ? marks.get(unit) : undefined)),
    take: (text) => replaceUnits(text, (unit) => originals.get(unit)),
    has: (unit) => originals.has(unit),
  };
}

function replaceUnits(text: string, replacement: (unit: string, at: number) => string | undefined): string {
  let replaced = '';
  for (let at = 0; at < text.length; at++) replaced += replacement(text[at], at) ?? text[at];
  return replaced;
}

function readMarks(rendered: string, marks: Marks): RenderedChat {
  return {
    text: marks.take(rendered),
    isWritten(start, end) {
      for (let at = start; at < end; at++) if (marks.has(rendered[at])) return false;
      return true;
    },
  };
}

/** Marks what spells a control token, or a part of one at the borders of a text, which others may complete. */
function markSpelled(
  text: string,
  marks: Marks,
  controls: ControlTokens,
  ignored: ReadonlySet<string>,
): string {
  const inner = text.trim();
  const offset = text.indexOf(inner);
  const ends = new Set<number>();
  for (const { content } of controls.control) {
    const most = Math.min(content.length - 1, inner.length);
    for (let length = 1; length <= most; length++)
      if (content.endsWith(inner.slice(0, length))) ends.add(offset + length - 1);
  }
  return marks.put(
    text,
    (at) => ends.has(at) || (at >= offset && controls.mayBegin(inner, at - offset, ignored)),
  );
}

/** Changes all texts in a value, except for the names of roles. */
function mapTexts(value: unknown, change: (text: string) => string, key?: string): unknown {
  if (typeof value === 'string') return key === 'role' && ROLES.has(value) ? value : change(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, mapTexts(each, change, name)]),
  );
}

function textsOf(value: unknown): string[] {
  const texts: string[] = [];
  mapTexts(value, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}

/** How many control tokens of each kind are written. */
function countOf(controls: ControlTokens, chat: RenderedChat | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { token } of chat === undefined ? [] : controls.find(chat.text, chat.isWritten))
    if (token.control) counts.set(token.content, (counts.get(token.content) ?? 0) + 1);
  return counts;
}

/** Whether a text has all characters of a token in their order: else it cannot become the token, whatever is cut from it. */
function isSpelledIn(text: string, token: string): boolean {
  let at = -1;
  return Array.from(token).every((character) => {
    at = text.indexOf(character, at + 1);
    return at >= 0;
  });
}
