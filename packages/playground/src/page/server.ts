import type { TracedStep } from '@halfspace/core';
import { readEvents } from './read-events.js';
import type { Asked } from './settings.js';

/** A value that the server can steer by. */
export interface Value {
  readonly name: string;
  readonly description: string;
}

/** What went wrong, in a sentence that says what to do. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault';
  /** @param status - Of the answer; 0 where there was none. */
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** What a choice says of itself; all of it of the last chunk, and the first three of every one with new text. */
export interface Figures {
  readonly margins?: Readonly<Record<string, number | { readonly mean: number; readonly min: number }>>;
  readonly kl?: number;
  readonly evaluations?: number;
  readonly klIsExact?: boolean;
  readonly warnings?: readonly string[];
  readonly error?: { readonly message: string };
  readonly trace?: readonly TracedStep[];
}

/** New text of a completion, or its end. */
export interface Piece {
  readonly text: string;
  /** How many tokens it is made of. */
  readonly tokens: number;
  readonly figures: Figures;
  /** Why the completion ended; null as long as it has not. */
  readonly finishReason: string | null;
}

/** The server of this page. */
export interface Server {
  key: string | undefined;
  /** Gets JSON, or posts it where there is a body. */
  json(path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Streams a completion. */
  stream(asked: Asked, signal: AbortSignal): AsyncGenerator<Piece, void>;
}

const STOPPED =
  'The server does not answer. Look whether it still runs, start it again with "npx halfspace playground", and try once more.';

/**
 * Makes one.
 *
 * @param key - That requests have; undefined for none.
 * @param ask - As `fetch`.
 */
export function createServerClient(key: string | undefined, ask: typeof fetch = fetch): Server {
  async function request(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const response = await ask(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(server.key !== undefined && { authorization: `Bearer ${server.key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted === true) throw error;
      throw new ServerFault(STOPPED, 0);
    });
    if (!response.ok) throw await faultOf(response);
    return response;
  }

  const server: Server = {
    key,
    async json(path, body) {
      const response = await request(path, body);
      return (await response.json().catch(() => {
        throw new ServerFault(STOPPED, 0);
      })) as Record<string, unknown>;
    },
    async *stream({ path, body }, signal) {
      const response = await request(path, body, signal);
      if (response.body === null) throw new ServerFault(STOPPED, 0);
      try {
        let ended = false;
        for await (const event of readEvents(response.body)) {
          if ('error' in event) throw new ServerFault(messageOf(event) ?? STOPPED, 0);
          const piece = pieceOf(event);
          if (piece === undefined) continue;
          ended ||= piece.finishReason !== null;
          yield piece;
        }
        if (!ended) throw new ServerFault(STOPPED, 0);
      } catch (error) {
        if (signal.aborted || error instanceof ServerFault) throw error;
        throw new ServerFault(STOPPED, 0);
      }
    },
  };
  return server;
}

async function faultOf(response: Response): Promise<ServerFault> {
  const { status } = response;
  const said = messageOf(await response.json().catch(() => undefined));
  if (status === 401) return new ServerFault('The server asks for a key. Give it below.', status);
  return new ServerFault(said ?? `The server answered with status ${status}. Its log says why.`, status);
}

function messageOf(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { error?: { message?: unknown } };
  return typeof error?.message === 'string' ? error.message : undefined;
}

interface Choice {
  readonly text?: string;
  readonly delta?: { readonly content?: string };
  readonly logprobs?: { readonly tokens?: readonly unknown[]; readonly content?: readonly unknown[] } | null;
  readonly finish_reason?: string | null;
  readonly halfspace?: Figures;
}

function pieceOf({ choices }: Record<string, unknown>): Piece | undefined {
  const [choice] = (choices ?? []) as readonly Choice[];
  if (choice === undefined) return undefined;
  const { logprobs, finish_reason: finishReason = null, halfspace = {} } = choice;
  return {
    text: choice.text ?? choice.delta?.content ?? '',
    tokens: (logprobs?.tokens ?? logprobs?.content ?? []).length,
    figures: halfspace,
    finishReason,
  };
}
