import { type Backend, encodePrompt, HalfspaceError } from '@halfspace/core';
import type { PerplexityFlags } from './flags.js';
import { inLine } from '../../terminal/harmless.js';
import { note, print, printJson } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';
import { fileLabel, readText } from '../../data/read-text.js';
import { endedBySignals } from '../../terminal/termination.js';
import { withBackend } from '../../model/with-backend.js';

/** Characters that may take a second to encode. */
const LONG = 2 ** 17;

/** `halfspace perplexity`. */
export async function perplexity(file: string, flags: PerplexityFlags, signal: AbortSignal): Promise<void> {
  const text = await readText(file, signal);
  await withBackend(flags, signal, async (backend) => {
    const windows = cut(backend, text, fileLabel(file), flags);
    const found = await measure(backend, windows, signal);
    if (flags.json) return printJson(found);
    const { name } = backend.model;
    print(`${found.perplexity.toFixed(3)}  perplexity of ${inLine(name)} over ${found.tokens} tokens`);
  });
}

/** @throws HalfspaceError `context-overflow`, `text-too-short` */
function cut(
  { tokenizer, model }: Backend,
  text: string,
  label: string,
  { window, windows: wanted = Infinity }: PerplexityFlags,
): number[][] {
  if (window > model.contextLength) {
    throw new HalfspaceError(
      'context-overflow',
      `A window of ${window} tokens is more than the ${model.contextLength} that ${model.name} takes.`,
    );
  }
  // It holds the thread, so that there is nothing to be seen of it meanwhile.
  if (text.length > LONG) note(`Encoding ${label}…`);
  const { tokens } = endedBySignals(() => encodePrompt(tokenizer, text));
  if (tokens.length < window) {
    throw new HalfspaceError(
      'text-too-short',
      `${label} has ${tokens.length} tokens, which is less than one window of ${window}. Give it more text or a smaller --window.`,
    );
  }
  const there = Math.floor(tokens.length / window);
  if (wanted < Infinity && there < wanted) note(`There are only ${there} windows in ${label}.`);
  return Array.from({ length: Math.min(there, wanted) }, (_, index) =>
    tokens.slice(index * window, (index + 1) * window),
  );
}

async function measure(
  backend: Backend,
  windows: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<{ perplexity: number; tokens: number }> {
  const progress = createProgress('Reading');
  let sum = 0;
  let tokens = 0;
  progress.update(0, windows.length);
  try {
    for (const [index, window] of windows.entries()) {
      const logProbs = await backend.logProbs(window, { signal });
      sum += logProbs.reduce((total, logProb) => total + logProb, 0);
      tokens += logProbs.length;
      progress.update(index + 1, windows.length);
    }
  } finally {
    progress.stop();
  }
  return { perplexity: Math.exp(-sum / tokens), tokens };
}
