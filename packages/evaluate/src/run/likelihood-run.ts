import { join } from 'node:path';
import { type Backend, encodePrompt, HalfspaceError } from '@halfspace/core';
import { continuationLogProbs } from '../metrics/continuations.js';
import { logsOf } from './logs-of.js';
import { recordCheck } from './record-check.js';
import type { RunDirectory } from './run-parts.js';
import { isReferenceModelInfo, isUnitLikelihoods } from './run-schema.js';
import { type ReadRunOptions, scoreUnits } from './score-units.js';
import type { ScoreLog } from './score-log.js';
import { readUnitLogs } from './unit-log.js';
import type { ReferenceModelInfo, UnitLikelihoods } from './records.js';

const READ = /^likelihood-(.+)\.jsonl$/;

/**
 * Has a reference model read what of a run it has not read yet: perplexity under the model that writes is not independent of
 * how it was steered. A conversation is read as prompt, line break and completion, one that ends in a begun answer without the line
 * break: the reference model may have no chat template.
 *
 * @throws HalfspaceError `run-in-use`, `corrupt-run`, `aborted`, `context-overflow`
 */
export async function readRunWith(
  run: RunDirectory,
  backend: Backend,
  options: ReadRunOptions = {},
): Promise<void> {
  await scoreUnits(
    run,
    likelihoodLog(run, backend.model),
    async (completions, { text, messages }) => {
      const goesOn = messages === undefined || messages.at(-1)?.role === 'assistant';
      const prompt = goesOn ? text : `${text}\n`;
      const wholes = completions.map((completion) => prompt + completion.text);
      const found = await likelihoodsAfter(backend, prompt, wholes, options.signal);
      return {
        logprobs: found.map((logProbs) => logProbs.reduce((sum, value) => sum + value, 0)),
        tokens: found.map(({ length }) => length),
      };
    },
    options,
  );
}

/** Log-probabilities of the tokens by which texts go on from a prompt; a token across the border is one of them. */
async function likelihoodsAfter(
  backend: Backend,
  prompt: string,
  wholes: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
  const { model, tokenizer } = backend;
  const [before, ...texts] = [prompt, ...wholes].map((text) => encodePrompt(tokenizer, text).tokens);
  if (texts.some(({ length }) => length > model.contextLength)) {
    throw new HalfspaceError(
      'context-overflow',
      `A prompt with its completion is longer than ${model.name} takes. Read the run with another model.`,
    );
  }
  const borders = texts.map((text) => commonLength(before, text));
  const shared = Math.min(...borders);
  if (shared === 0) return readAlone(backend, texts, borders, signal);
  const continuations = texts.map((text) => text.slice(shared));
  const found = await continuationLogProbs(backend, before.slice(0, shared), continuations, signal);
  return found.map((logProbs, at) => logProbs.subarray(borders[at] - shared));
}

/** The same for texts that have no beginning in common; the first token of a text has nothing before it. */
async function readAlone(
  backend: Backend,
  texts: readonly (readonly number[])[],
  borders: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  for (const [at, text] of texts.entries()) {
    const logProbs = text.length > 0 ? await backend.logProbs(text, { signal }) : new Float64Array();
    found.push(logProbs.subarray(Math.max(0, borders[at] - 1)));
  }
  return found;
}

/** How many tokens two texts begin with alike. */
function commonLength(one: readonly number[], other: readonly number[]): number {
  const different = one.findIndex((token, at) => token !== other[at]);
  return different < 0 ? one.length : different;
}

/**
 * The reference models that have read some of a run.
 *
 * @throws HalfspaceError `corrupt-run`, `not-readable`
 */
export async function referenceModelsOf(run: RunDirectory): Promise<ReferenceModelInfo[]> {
  return logsOf(run, READ, 'referenceModel', isReferenceModelInfo, (info) => likelihoodLog(run, info).path);
}

/**
 * What a model has read.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`
 */
export function readLikelihoods(
  run: RunDirectory,
  referenceModel: ReferenceModelInfo,
): AsyncGenerator<UnitLikelihoods> {
  const { path, header, check } = likelihoodLog(run, referenceModel);
  return readUnitLogs<UnitLikelihoods>([path], header, check);
}

/** Where what a model has read is recorded. */
export function likelihoodLog(run: RunDirectory, { name, fingerprint }: ReferenceModelInfo): ScoreLog {
  return {
    path: join(run.path, `likelihood-${name.replaceAll(/[^\w.-]/g, '_')}.jsonl`),
    header: { ...run.header, referenceModel: { name, fingerprint } },
    check: recordCheck(run, isUnitLikelihoods, ({ logprobs, tokens }) => [logprobs.length, tokens.length]),
  };
}
