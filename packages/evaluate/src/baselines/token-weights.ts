import { readFile } from 'node:fs/promises';
import { HalfspaceError, type ModelInfo } from '@halfspace/core';

/** What a baseline knows of the tokens of one model. Made by baseline-fits/fit_tokens.py. */
export interface TokenWeights {
  /** What a text without tokens has, in log-odds (default 0). */
  readonly intercept?: number;
  /** For each known token a number of nats, positive on the desired side; 0 for all others. */
  readonly weights: ReadonlyMap<number, number>;
}

interface TokenWeightsFile extends Pick<TokenWeights, 'intercept'> {
  /** Fingerprint of the model whose tokens these are. */
  readonly model: string;
  readonly tokens: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Reads the weights of tokens that come with this package.
 *
 * @param name - Of the file in `baselines`, without its ending.
 * @throws HalfspaceError `bad-method` for another model than they were fitted for
 */
export async function readTokenWeights(name: string, model: ModelInfo): Promise<TokenWeights> {
  const path = new URL(`../../baselines/${name}.json`, import.meta.url);
  const { tokens, weights, ...file } = JSON.parse(await readFile(path, 'utf8')) as TokenWeightsFile;
  if (file.model !== model.fingerprint) {
    throw new HalfspaceError(
      'bad-method',
      `It was fitted on the tokens of the model ${file.model.slice(0, 12)}…, and ${model.name} is ` +
        `${model.fingerprint.slice(0, 12)}…. Fit it again for that model, or leave the method out.`,
    );
  }
  return { ...file, weights: new Map(tokens.map((token, i) => [token, weights[i]])) };
}
