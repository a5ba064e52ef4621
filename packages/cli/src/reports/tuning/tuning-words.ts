import type { TargetLevel } from '@halfspace/core';
import type { FrontierPoint } from '@halfspace/evaluate';
import type { Estimate } from '@halfspace/subspace';
import { pluralise } from '../../terminal/pluralise.js';
import { tunedPoint, type TuningReport } from './tuning-report.js';

/** Weights as `generate --attribute` takes them. */
export function weightsLine(weights: Readonly<Record<string, number>>): string {
  return Object.entries(weights)
    .map(([name, weight]) => `${name}=${Number(weight.toPrecision(3))}`)
    .join(', ');
}

/** What the weights do, in sentences. */
export function tuningVerdict(report: TuningReport): string {
  const { goal, prompts, settled } = report;
  const point = tunedPoint(report);
  const where = `On ${pluralise(prompts.measuredOn, 'prompt')} that they were not tuned on, the weights`;
  const found =
    'kl' in goal
      ? `${where} move tokens by ${within(point.kl, 3, ' nats on average')}; ${goal.kl} was asked for.`
      : `${where} bring ${goal.levels.map((level) => levelReached(level, point)).join(' and ')}, at ${within(point.kl, 3, ' nats a token')}.`;
  const warning =
    ' On those that they were tuned on they had not settled: tune again from there, or on more prompts.';
  return settled ? found : found + warning;
}

function levelReached({ attribute, kind, margin }: TargetLevel, { margins }: FrontierPoint): string {
  return `${attribute} to ${within(margins[attribute], 2)}, for ${kind.replace('-', ' ')} ${margin}`;
}

/** A number with its unit and its interval. */
function within({ value, low, high }: Estimate, digits: number, unit = ''): string {
  return `${value.toFixed(digits)}${unit} (95 %: ${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** A table of the frontier, the heading first. */
export function frontierRows({ frontier, weights }: TuningReport): string[][] {
  const names = Object.keys(weights);
  const heading = [
    'weights times',
    'KL a token (95 %)',
    ...names.map((name) => `${name} (95 %)`),
    'perplexity (95 %)',
    'evaluations a token',
    'distinct-2',
  ];
  const rows = frontier.map(({ scale, kl, margins, perplexity, evaluations: run, distinct2 }) => [
    String(scale),
    ranged(kl, 3),
    ...names.map((name) => ranged(margins[name], 2)),
    ranged(perplexity, 2),
    run.value.toFixed(1),
    distinct2.value.toFixed(2),
  ]);
  return [heading, ...rows];
}

function ranged({ value, low, high }: Estimate, digits: number): string {
  return `${value.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
