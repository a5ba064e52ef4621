import type { Experts } from '../compile/architecture.js';
import type { Described } from './define-family.js';
import { LLAMA_PARTS, type NamedPart } from './tensor-names.js';
import { unsupported } from './unsupported.js';

/** Above the number of experts of every model. */
const MOST = 1024;

/** The parts of a Llama whose MLPs are mixtures of experts. */
export const MIXTURE_PARTS: readonly NamedPart[] = [
  ...LLAMA_PARTS.filter((part) => part !== 'gate' && part !== 'up' && part !== 'down'),
  'router',
  'expertGate',
  'expertUp',
  'expertDown',
];

/**
 * How many experts a model has, and how many a token goes through.
 *
 * @param keys - Where the file says so.
 * @throws HalfspaceError `unsupported-model`, `corrupt-model`
 */
export function expertsOf(
  { model, read }: Described,
  keys: { readonly count: string; readonly perToken: string; readonly fallback?: readonly [number, number] },
  normalised: boolean,
): Experts {
  const count = read.size(keys.count, keys.fallback?.[0]);
  const perToken = read.size(keys.perToken, keys.fallback?.[1]);
  if (count > MOST || perToken > count)
    throw unsupported(model, `sends a token to ${perToken} of ${count} experts`);
  return { count, perToken, normalised };
}

/** Where GGUF files say how many experts there are. */
export const GGUF_EXPERTS = { count: 'expert_count', perToken: 'expert_used_count' } as const;
