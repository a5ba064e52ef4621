/** A message of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** All that a text depends on: what is in the form, and in a link. */
export interface Settings {
  readonly mode: 'completion' | 'chat';
  readonly prompt: string;
  /** Of a chat; empty for none. */
  readonly system: string;
  /** Of a chat: what was said before the prompt. */
  readonly turns: readonly Message[];
  /** What the answer begins with, of a text that is gone on with. */
  readonly begun: string;
  /** By the names of values; those that are not here count 0. */
  readonly weights: Readonly<Record<string, number>>;
  /** How far to go in words; `none` for as far as the weights go. */
  readonly preset: string;
  readonly seed: number;
  readonly maxTokens: number;
  readonly temperature: number;
}

/** What is asked of the server. */
export interface Asked {
  readonly path: '/v1/completions' | '/v1/chat/completions';
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a request is made of settings. */
export interface RequestParts {
  /** Id of the model. */
  readonly model: string;
  /** Values whose margins are read. */
  readonly measure: readonly string[];
  /** Whether nothing steers, whatever the weights. */
  readonly isPlain: boolean;
  /** Whether every candidate of every step is wanted (default false). */
  readonly trace?: boolean;
}

/** The conversation, to the turn that is to be written. */
export function messagesOf({ system, turns, prompt, begun }: Settings): Message[] {
  return [
    ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
    ...turns,
    { role: 'user', content: prompt },
    ...(begun === '' ? [] : [{ role: 'assistant', content: begun } as const]),
  ];
}

/** Settings with what was asked and answered as turns of the conversation, and nothing said since. */
export function settingsAfter(settings: Settings, answer: string): Settings {
  const { turns, prompt, begun } = settings;
  const said: Message[] = [
    { role: 'user', content: prompt },
    { role: 'assistant', content: begun + answer },
  ];
  return { ...settings, turns: [...turns, ...said], prompt: '', begun: '' };
}

/** Settings as a request. Every value is named, so that defaults of the server do not steer besides. */
export function requestOf(settings: Settings, { model, measure, isPlain, trace }: RequestParts): Asked {
  const { mode, prompt, begun, weights, preset, seed, maxTokens, temperature } = settings;
  const isChat = mode === 'chat';
  const own = Object.fromEntries(measure.map((name) => [name, isPlain ? 0 : (weights[name] ?? 0)]));
  return {
    path: isChat ? '/v1/chat/completions' : '/v1/completions',
    body: {
      model,
      ...(isChat ? { messages: messagesOf(settings) } : { prompt: prompt + begun }),
      seed,
      max_tokens: maxTokens,
      temperature,
      stream: true,
      logprobs: isChat ? true : 0,
      halfspace: {
        weights: own,
        measure,
        preset: isPlain ? 'none' : preset,
        ...(trace === true && { trace }),
      },
    },
  };
}
