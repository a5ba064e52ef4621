import type { ChatMessage, ToolDefinition } from '@halfspace/core';
import type { Marks } from '../chat-template/work.js';
import type { ControlTokens, IsWritten } from './control-tokens.js';

/** A conversation as it is rendered. */
export interface RenderedChat {
  readonly text: string;
  /** Whether a control token in it was written by the template. */
  readonly isWritten: IsWritten;
}

/** Who speaks in any chat: words of templates, and nobody's text. */
const ROLES: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant', 'tool', 'developer']);

/** What templates and clients name, and nobody's text. */
const KEYS: ReadonlySet<string> = new Set([
  'arguments',
  'content',
  'description',
  'function',
  'id',
  'messages',
  'name',
  'parameters',
  'properties',
  'required',
  'role',
  'tool_call_id',
  'tool_calls',
  'tools',
  'type',
]);

/** A conversation with what a model is told of tools. */
export interface GivenChat {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
}

/** Renders a conversation in which some characters stand for others, as {@link Marks} has them. */
export type RenderChat = (chat: GivenChat, marks?: Marks) => string;

/**
 * Renders a conversation and finds out which control tokens the template wrote, and which are text of messages, however the
 * template moves, cuts or joins it. Messages are rendered once as they are, and once with marks, which nobody has written, for the
 * characters that control tokens begin and end with: where the rendered text has a mark, there is text. Should that render
 * otherwise, what spells a control token is text wherever there is more of it than the template writes by itself.
 */
export function renderMarked(render: RenderChat, chat: GivenChat, controls: ControlTokens): RenderedChat {
  const text = render(chat);
  const said = textsOf(chat).join('');
  const marks = createMarks(controls, text + said);
  if (replaceUnits(said, marks.put) === said) return { text, isWritten: () => true };
  const marked = attempt(() => {
    const given = mapTexts(chat, (each) => replaceUnits(each, marks.put));
    return readMarks(render(given as GivenChat, marks.take), marks.take);
  });
  if (marked?.text === text) return marked;
  const doubtful = doubtfulTokens(controls, text, marked, said);
  return { text, isWritten: (start, end) => !doubtful.has(text.slice(start, end)) };
}

/** A template may refuse what is marked. */
function attempt<T>(task: () => T): T | undefined {
  try {
    return task();
  } catch {
    return undefined;
  }
}

/** Tokens of which there are more than the template writes, and which messages may have brought about. */
function doubtfulTokens(
  controls: ControlTokens,
  text: string,
  marked: RenderedChat | undefined,
  said: string,
): Set<string> {
  const own = countOf(controls, marked);
  const all = countOf(controls, { text, isWritten: () => true });
  const more = [...all].filter(([token, count]) => count > (own.get(token) ?? 0));
  return new Set(more.map(([token]) => token).filter((token) => isSpelledIn(said, token)));
}

/** Marks for what control tokens begin and end with, as long as that, which occur in none of the texts. */
function createMarks(controls: ControlTokens, texts: string): { put: Marks; take: Marks } {
  const units = new Set(controls.control.flatMap(({ content }) => markedUnits(content)));
  const taken = new Set(texts);
  const put = new Map<string, string>();
  let next = 0xe000;
  for (const unit of units) {
    while (taken.has(String.fromCharCode(next))) next++;
    put.set(unit, String.fromCharCode(next++));
  }
  return { put, take: new Map([...put].map(([unit, mark]) => [mark, unit])) };
}

/** The ends of a token, or else what there is of it: white space is trimmed, and letters change their case. */
function markedUnits(token: string): string[] {
  const units = token.split('').filter((unit) => !/\s/u.test(unit));
  const signs = units.filter((unit) => !/\p{L}/u.test(unit));
  const chosen = signs.length > 0 ? signs : units;
  return [chosen[0], chosen[chosen.length - 1]].filter((unit) => unit !== undefined);
}

function replaceUnits(text: string, by: ReadonlyMap<string, string>): string {
  let replaced = '';
  for (let at = 0; at < text.length; at++) replaced += by.get(text[at]) ?? text[at];
  return replaced;
}

function readMarks(rendered: string, take: Marks): RenderedChat {
  return {
    text: replaceUnits(rendered, take),
    isWritten(start, end) {
      for (let at = start; at < end; at++) if (take.has(rendered[at])) return false;
      return true;
    },
  };
}

/** Changes all texts in a value, names of properties included, except for those that templates know. */
function mapTexts(value: unknown, change: (text: string) => string, key?: string): unknown {
  if (typeof value === 'string') return key === 'role' && ROLES.has(value) ? value : change(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      KEYS.has(name) ? name : change(name),
      mapTexts(each, change, name),
    ]),
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
