import { HalfspaceError, type Tokenizer, waitFor } from '@halfspace/contracts';
import { createMatcherClient, type MatcherClient } from './matcher-client.js';
import { vocabularyOf } from './vocabulary.js';

/** Structures that are in use at once, each with a thread and some tens of megabytes. */
const MOST_IN_USE = 32;
/** Threads that are kept for the next who has the same structure, or the same tokenizer. */
const MOST_IDLE = 4;
/** For how long they are kept. */
const IDLE_MS = 60_000;

/** A thread with a grammar, for all who use it at the time. */
interface Entry {
  readonly tokenizer: Tokenizer;
  readonly client: MatcherClient;
  ebnf: string;
  /** Settles once the grammar is compiled. */
  ready: Promise<void>;
  users: number;
  timer?: ReturnType<typeof setTimeout> | undefined;
}

/** A matcher for one call. */
export interface MatcherLease {
  readonly client: MatcherClient;
  /** Called once. */
  release(): void;
}

/** In the order in which they were last given back. */
const entries = new Set<Entry>();

/**
 * A matcher of a grammar, compiled: one that others use at the same time, where there is one of the same grammar, because masks are
 * functions of a text.
 *
 * @throws HalfspaceError `bad-grammar`, `grammar-too-large`, `busy`, `aborted`
 */
export async function leaseMatcher(
  tokenizer: Tokenizer,
  ebnf: string,
  signal?: AbortSignal,
): Promise<MatcherLease> {
  const entry = find(tokenizer, ebnf) ?? open(tokenizer, ebnf);
  entry.users++;
  clearTimeout(entry.timer);
  const release = () => giveBack(entry);
  try {
    await waitFor(entry.ready, { who: 'the grammar', signal });
  } catch (error) {
    release();
    throw error;
  }
  return { client: entry.client, release };
}

function find(tokenizer: Tokenizer, ebnf: string): Entry | undefined {
  return [...entries].find(
    (each) => each.tokenizer === tokenizer && each.ebnf === ebnf && !each.client.isDead,
  );
}

function open(tokenizer: Tokenizer, ebnf: string): Entry {
  const all = [...entries];
  const idle = all.filter(({ users }) => users === 0);
  if (all.length - idle.length >= MOST_IN_USE) {
    throw new HalfspaceError(
      'busy',
      `${MOST_IN_USE} structures are in use at once. Come back when some of the completions have ended, in a few seconds.`,
    );
  }
  const [spare] = idle.length < MOST_IDLE ? [] : idle.filter((each) => each.tokenizer === tokenizer);
  if (spare !== undefined) {
    spare.ebnf = ebnf;
    spare.ready = compile(spare);
    return spare;
  }
  const client = createMatcherClient(vocabularyOf(tokenizer));
  const entry: Entry = { tokenizer, client, ebnf, users: 0, ready: Promise.resolve() };
  entry.ready = compile(entry);
  entries.add(entry);
  return entry;
}

async function compile(entry: Entry): Promise<void> {
  try {
    await entry.client.compile(entry.ebnf);
  } catch (error) {
    entries.delete(entry);
    throw error;
  }
}

function giveBack(entry: Entry): void {
  entry.users--;
  if (entry.users > 0) return;
  entries.delete(entry);
  if (entry.client.isDead) return;
  entries.add(entry);
  entry.timer = setTimeout(() => drop(entry), IDLE_MS).unref();
  const idle = [...entries].filter(({ users }) => users === 0);
  for (const oldest of idle.slice(0, -MOST_IDLE)) drop(oldest);
}

function drop(entry: Entry): void {
  clearTimeout(entry.timer);
  entries.delete(entry);
  entry.client.end();
}
