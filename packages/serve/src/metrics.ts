import { engineStats, type Completion, type Halfspace } from '@halfspace/core';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LogEntry } from './http/log-entry.js';

/** Figures of a server, in Prometheus' terms. */
export interface Metrics {
  /** A completion is finished. */
  countCompletion(completion: Completion): void;
  /** A request is over. @param route - As the operation has it, so that there are few. */
  countRequest(entry: LogEntry, route: string): void;
  /** As Prometheus reads it. */
  text(): Promise<{ readonly body: string; readonly type: string }>;
}

const SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300];

/**
 * Makes figures that are all 0.
 *
 * @param work - The requests that are worked on.
 * @param model - Its backend serves them, once there is one.
 */
export function createMetrics(
  work: { readonly size: number },
  model: { readonly halfspace: Halfspace | undefined },
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `halfspace_${name}_total`, help, labelNames, registers });
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name: `halfspace_${name}`, help, labelNames, buckets, registers });
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({
      name: `halfspace_${name}`,
      help,
      registers,
      collect() {
        this.set(read() ?? 0);
      },
    });
  const stats = () => {
    const { halfspace } = model;
    return halfspace && engineStats(halfspace.backend);
  };

  const finished = counter('requests', 'Requests that are over', ['route', 'status']);
  const seconds = histogram('request_seconds', 'Time that requests took', ['route'], SECONDS);
  const first = histogram(
    'first_event_seconds',
    'Time until the first event of a stream',
    ['route'],
    SECONDS,
  );
  const promptTokens = counter('prompt_tokens', 'Tokens of prompts');
  const cachedTokens = counter('cached_tokens', 'Tokens of prompts that were known from before');
  const writtenTokens = counter('completion_tokens', 'Tokens that were written');
  const evaluations = counter('evaluations', 'Candidates that were run through the model');
  const perToken = histogram(
    'evaluations_per_token',
    'Candidates run for a token, of each completion',
    [],
    [1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100],
  );
  const kl = counter('kl_nats', 'KL between what was drawn from and the model, summed over completions');
  gauge('requests_in_progress', 'Requests that are worked on', () => work.size);
  gauge('queue_calls', 'Calls of the engine that are not finished', () => stats()?.jobs);
  gauge('queue_prompts', 'Prompts that wait to be run', () => stats()?.waitingPrompts);
  gauge('batch_size', 'Completions that are being written together', () => stats()?.live);
  gauge('rounds', 'Rounds of the engine so far', () => stats()?.rounds);

  return {
    countCompletion(completion) {
      const { tokens, sample } = completion;
      if (sample === 0) {
        promptTokens.inc(completion.promptTokens);
        cachedTokens.inc(completion.cachedTokens);
      }
      writtenTokens.inc(tokens.length);
      evaluations.inc(completion.evaluations);
      if (tokens.length > 0) perToken.observe(completion.evaluations / tokens.length);
      kl.inc(completion.kl);
    },
    countRequest({ status, ms, firstMs }, route) {
      finished.inc({ route, status: String(status) });
      seconds.observe({ route }, ms / 1000);
      if (firstMs !== undefined) first.observe({ route }, firstMs / 1000);
    },
    async text() {
      return { body: await registry.metrics(), type: registry.contentType };
    },
  };
}
