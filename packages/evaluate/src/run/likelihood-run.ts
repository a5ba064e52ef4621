import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError, type Backend, type ModelInfo } from '@halfspace/core';
import type { RunDirectory } from './run-directory.js';
import { scoreUnits, type ReadRunOptions, type ScoreLog } from './score-units.js';
import type { Unit } from './unit.js';
import { readLogHeader, readUnitLogs } from './unit-log.js';

/** A model that completions were read with. */
export type ReaderInfo = Pick<ModelInfo, 'name' | 'fingerprint'>;

/** How probable the completions of a unit are to another model: a line of its log. */
export interface UnitLikelihoods extends Unit {
  /** Natural log-probability of each completion after its prompt, summed over its tokens. */
  readonly logprobs: readonly number[];
  /** Tokens of each in that model's vocabulary. */
  readonly tokens: readonly number[];
}

const READ = /^likelihood-(.+)\.jsonl$/;

/**
 * Has a second model read what of a run it has not read yet: perplexity under the model that writes is not independent of
 * how it was steered. A conversation is read as prompt, line break and completion: the reader may have no chat template.
 *
 * @throws HalfspaceError `run-in-use`, `corrupt-run`, `aborted`, `context-overflow`
 */
export async function readRunWith(
  run: RunDirectory,
  backend: Backend,
  options: ReadRunOptions = {},
): Promise<void> {
  const { model, tokenizer } = backend;
  await scoreUnits(
    run,
    likelihoodLog(run, model),
    async (completions, { text, messages }) => {
      const prompt = messages === undefined ? text : `${text}\n`;
      const logprobs: number[] = [];
      const tokens: number[] = [];
      for (const completion of completions) {
        const before = tokenizer.encode(prompt);
        const whole = tokenizer.encode(prompt + completion.text);
        if (whole.length > model.contextLength) {
          throw new HalfspaceError(
            'context-overflow',
            `A prompt with its completion is longer than ${model.name} takes. Read the run with another model.`,
          );
        }
        // A token that lies across the border counts for the completion; the first has nothing before it.
        const same = before.findIndex((token, i) => token !== whole[i]);
        const from = Math.max(1, same < 0 ? before.length : same);
        const logProbs =
          whole.length > from ? [...(await backend.logProbs(whole, options)).subarray(from - 1)] : [];
        logprobs.push(logProbs.reduce((sum, value) => sum + value, 0));
        tokens.push(logProbs.length);
      }
      return { logprobs, tokens };
    },
    options,
  );
}

/** The models that have read some of a run. */
export async function readersOf({ path }: RunDirectory): Promise<ReaderInfo[]> {
  const names = (await readdir(path)).filter((name) => READ.test(name)).sort();
  const headers = await Promise.all(names.map(async (name) => readLogHeader(join(path, name))));
  return headers.filter((header) => header !== undefined).map((header) => header['reader'] as ReaderInfo);
}

/**
 * What a model has read.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`
 */
export function readLikelihoods(run: RunDirectory, reader: ReaderInfo): AsyncGenerator<UnitLikelihoods> {
  const { path, header } = likelihoodLog(run, reader);
  return readUnitLogs<UnitLikelihoods>([path], header);
}

/** Where what a model has read is recorded. */
export function likelihoodLog({ path, header }: RunDirectory, { name, fingerprint }: ReaderInfo): ScoreLog {
  return {
    path: join(path, `likelihood-${name.replaceAll(/[^\w.-]/g, '_')}.jsonl`),
    header: { ...header, reader: { name, fingerprint } },
  };
}
