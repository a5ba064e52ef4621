import { HalfspaceError } from '@halfspace/core';

/** What a page or worker says of its threads. */
export interface Surroundings {
  /** Whether memory can be shared between threads: the server's headers decide that. */
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
}

/** How many threads a call has, and why it has no more. */
export interface Threads {
  readonly count: number;
  readonly warning?: string;
}

/**
 * The threads of a call: the cores of the machine, or what was asked for where that is less.
 *
 * @param wanted - A whole number from 1 (default: the cores of the machine).
 * @throws HalfspaceError `bad-option`
 */
export function usefulThreads(wanted?: number, where: Surroundings = globalThis): Threads {
  if (wanted !== undefined && (!Number.isInteger(wanted) || wanted < 1))
    throw new HalfspaceError('bad-option', `The option threads is a whole number from 1; got ${wanted}.`);
  const cores = where.navigator?.hardwareConcurrency ?? 1;
  const count = Math.min(wanted ?? cores, cores);
  if (count === 1 || where.crossOriginIsolated === true) return { count };
  return {
    count: 1,
    warning: `The model runs with one thread instead of ${count}, because this page may not share memory between threads. Have its server send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.`,
  };
}
