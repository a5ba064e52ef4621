import type { Message, Settings } from './settings.js';

/** Short names of fields in a link. */
const FIELDS = { seed: 's', maxTokens: 'n', temperature: 't' } as const;

/** Settings as the fragment of an address, which no server is sent: the key is never among them. */
export function fragmentOf(settings: Settings): string {
  const { mode, prompt, system, turns, begun, weights, preset } = settings;
  const fields = new URLSearchParams({ m: mode, p: prompt });
  if (system !== '') fields.set('y', system);
  if (turns.length > 0) fields.set('c', JSON.stringify(turns));
  if (begun !== '') fields.set('b', begun);
  for (const [name, weight] of Object.entries(weights))
    if (weight !== 0) fields.set(`w.${name}`, String(weight));
  if (preset !== 'none') fields.set('k', preset);
  for (const [name, short] of Object.entries(FIELDS)) {
    fields.set(short, String(settings[name as keyof typeof FIELDS]));
  }
  return `#${fields.toString()}`;
}

/**
 * Reads a fragment. What is not there, or cannot be, is left out: links are written by strangers.
 *
 * @param fragment - With or without its `#`.
 */
export function settingsOfFragment(fragment: string): Partial<Settings> {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const text = (name: string) => fields.get(name) ?? undefined;
  const weights = [...fields]
    .filter(([name, value]) => name.startsWith('w.') && isNumber(value))
    .map(([name, value]) => [name.slice(2), Number(value)] as const);
  const found: Partial<Settings> = {
    ...(text('m') === 'chat' || text('m') === 'completion' ? { mode: text('m') as Settings['mode'] } : {}),
    ...pick('prompt', text('p')),
    ...pick('system', text('y')),
    ...pick('begun', text('b')),
    ...pick('turns', turnsOf(text('c'))),
    ...pick('preset', text('k')),
    ...(fields.has('p') && { weights: Object.fromEntries(weights) }),
  };
  const numbers = Object.entries(FIELDS).flatMap(([name, short]) => {
    const value = text(short);
    return value !== undefined && isNumber(value) ? [[name, Number(value)] as const] : [];
  });
  return { ...found, ...Object.fromEntries(numbers) };
}

/** The key that the command has put into the address, if any. */
export function keyOfFragment(fragment: string): string | undefined {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('key') ?? undefined;
}

function pick<Name extends keyof Settings>(name: Name, value: Settings[Name] | undefined) {
  return value === undefined ? {} : { [name]: value };
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

function turnsOf(text: string | undefined): Message[] | undefined {
  if (text === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) && found.every(isMessage) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is Message {
  const { role, content } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (role === 'user' || role === 'assistant') && typeof content === 'string';
}
