import { HalfspaceError } from '@halfspace/core';
import type { Steering } from '@halfspace/serve';
import { findConfig } from '../../config/find-config.js';
import { readJson } from '../../data/read-json.js';
import { readText } from '../../data/read-text.js';
import { readWords } from '../../data/read-words.js';
import type { ServeFlags } from './flags.js';

/** What a server is told, by flags or else by the config. */
export interface ServeSettings {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly string[];
  readonly ids: readonly string[];
  readonly defaults: Steering;
  readonly presets: Readonly<Record<string, Steering>>;
  readonly limits: Readonly<Record<string, number>>;
  readonly metrics: boolean;
  readonly cors: readonly string[];
  readonly log: NonNullable<ServeFlags['log']>;
  readonly graceMs: number;
}

/** Addresses that only this machine reaches. */
const OWN = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Flags over `serve` of the config.
 *
 * @throws HalfspaceError `bad-option` for an address that others reach, without a key; `bad-config`, and what `readText` throws
 */
export async function settingsOf(flags: ServeFlags, signal: AbortSignal): Promise<ServeSettings> {
  const { serve = {}, preset } = (await findConfig()) ?? {};
  const { host = serve.host ?? '127.0.0.1' } = flags;
  const keys = await keysOf(flags.key ?? listOf(serve.key), signal);
  if (keys.length === 0 && !OWN.has(host)) {
    throw new HalfspaceError(
      'bad-option',
      `Whoever reaches ${host} could use the server. Give it a key with --key, or leave out --host.`,
    );
  }
  const presets = flags.presets === undefined ? {} : await readPresets(flags.presets, signal);
  const strength = flags.preset ?? serve.defaults?.preset ?? preset;
  return {
    host,
    port: flags.port ?? serve.port ?? 8080,
    keys,
    ids: flags.id ?? listOf(serve.id),
    defaults: {
      ...serve.defaults,
      ...(strength !== undefined && strength !== 'none' && { preset: strength }),
    },
    presets: { ...serve.presets, ...presets },
    limits: { ...serve.limits, ...flags.limit },
    metrics: flags.metrics ?? serve.metrics ?? false,
    cors: flags.cors ?? serve.cors ?? [],
    log: flags.log ?? serve.log ?? 'requests',
    graceMs: 1000 * (flags.grace ?? serve.grace ?? 10),
  };
}

/** Names that lead to a server without a key. */
export function hostsOf({ host, keys }: ServeSettings): readonly string[] | undefined {
  return keys.length > 0 ? undefined : ['localhost', '127.0.0.1', '[::1]', host.toLowerCase()];
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** Keys as they are, or those in files; and the one of the environment, which nobody else sees. */
async function keysOf(words: readonly string[], signal: AbortSignal): Promise<string[]> {
  const lists = words.map(async (word) => (word.startsWith('@') ? readWords(word.slice(1), signal) : [word]));
  const { HALFSPACE_KEY: own } = process.env;
  const keys = [...(await Promise.all(lists)).flat(), ...(own === undefined || own === '' ? [] : [own])];
  const bad = keys.find((key) => !/^[\x21-\x7e]+$/.test(key));
  if (bad === undefined) return keys;
  throw new HalfspaceError('bad-option', 'A key must have printable ASCII characters alone, and no spaces.');
}

async function readPresets(path: string, signal: AbortSignal): Promise<Record<string, Steering>> {
  const found: unknown = await readText(path, signal).then(readJson);
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) {
    return found as Record<string, Steering>;
  }
  throw new HalfspaceError(
    'bad-option',
    `${path} must have an object such as { "mild": { "weights": { "nontoxic": 1 } } }.`,
  );
}
