import { describeValue } from '@halfspace/core';
import type { LogEntry } from '@halfspace/serve';
import { inLine } from '../../terminal/harmless.js';

/** A request as a line of the log. What comes from outside is escaped, so that it is one line and a terminal obeys none of it. */
export function logLine(entry: LogEntry, now = new Date()): string {
  const {
    method,
    path,
    status,
    ms,
    firstMs,
    model,
    promptTokens,
    cachedTokens,
    completionTokens,
    error,
    id,
  } = entry;
  const words = [
    now.toISOString(),
    method,
    path.length > 200 ? `${path.slice(0, 200)}…` : path,
    String(status),
    `${(ms / 1000).toFixed(3)}s`,
    ...(firstMs === undefined ? [] : [`first=${(firstMs / 1000).toFixed(3)}s`]),
    ...(model === undefined ? [] : [`model=${model}`]),
    ...(promptTokens === undefined
      ? []
      : [`tokens=${promptTokens}+${completionTokens ?? 0} cached=${cachedTokens ?? 0}`]),
    ...(error === undefined ? [] : [`error=${error}`]),
    `id=${id}`,
  ];
  return inLine([words.join(' '), ...causeOf(entry), ...textsOf(entry)].join(' '));
}

function causeOf({ cause }: LogEntry): string[] {
  if (cause === undefined) return [];
  return [`cause=${JSON.stringify(cause instanceof Error ? cause.message : describeValue(cause))}`];
}

function textsOf({ texts }: LogEntry): string[] {
  if (texts === undefined) return [];
  return [`prompts=${JSON.stringify(texts.prompts)}`, `completions=${JSON.stringify(texts.completions)}`];
}
