import { judgesOf, readScores } from '../run/judge-run.js';
import type { JudgeInfo, ReferenceModelInfo } from '../run/records.js';
import { referenceModelsOf, readLikelihoods } from '../run/likelihood-run.js';
import { readCompletions } from '../run/run-directory.js';
import type { RunDirectory } from '../run/run-parts.js';
import { type Unit, unitKey } from '../run/unit.js';
import type { TextLikelihood } from '../metrics/perplexity.js';
import { createWorst, type WorstCompletion } from './worst.js';
import { sum, unitFigures, type UnitFigures } from './unit-figures.js';

/** A run in numbers. */
export interface Collected {
  /** Who has judged. */
  readonly judges: readonly JudgeInfo[];
  /** Models that have read, besides the one that wrote. */
  readonly referenceModels: readonly ReferenceModelInfo[];
  /** Scores of each judge for every completion that all have judged, in one order. */
  readonly scores: ReadonlyMap<string, readonly number[]>;
  /** The worst completions of a method on a suite, by the first judge. */
  worst(suite: string, method: string): WorstCompletion[];
  /** Units of a method on a suite, in the order of the prompts. */
  units(suite: string, method: string): UnitFigures[];
}

/** Goes over a run once, and keeps numbers alone, and a few texts. */
export async function collect(run: RunDirectory): Promise<Collected> {
  const judges = await judgesOf(run);
  const referenceModels = await referenceModelsOf(run);
  const scored = new Map<JudgeInfo, Map<string, readonly number[]>>();
  for (const judge of judges) {
    scored.set(judge, await mapOf(readScores(run, judge), ({ scores }) => scores));
  }
  const read = new Map<ReferenceModelInfo, Map<string, TextLikelihood>>();
  for (const referenceModel of referenceModels) {
    const likelihoods = readLikelihoods(run, referenceModel);
    read.set(
      referenceModel,
      await mapOf(likelihoods, (each) => ({ logprob: sum(each.logprobs), tokens: sum(each.tokens) })),
    );
  }
  const places = new Map(
    run.prompts.map(({ suite, id }, i) => [unitKey({ method: '', suite, prompt: id }), i]),
  );
  const byMethod = new Map<string, UnitFigures[]>();
  const worst = createWorst();
  const common = new Map<string, number[]>(judges.map(({ name }) => [name, []]));
  for await (const unit of readCompletions(run)) {
    const key = unitKey(unit);
    const place = places.get(unitKey({ ...unit, method: '' }));
    if (place === undefined) continue;
    const scores = new Map([...scored].flatMap(([judge, all]) => pairIf(judge, all.get(key))));
    const likelihoods = Object.fromEntries(
      [...read].flatMap(([{ name }, all]) => pairIf(name, all.get(key))),
    );
    const group = groupKey(unit.suite, unit.method);
    const figures = unitFigures(unit, place, { scores, referenceModels: likelihoods });
    const units = byMethod.get(group);
    if (units === undefined) byMethod.set(group, [figures]);
    else units.push(figures);
    const first = judges[0] && scores.get(judges[0]);
    if (first !== undefined) worst.offer(group, judges[0], run.prompts[place], unit.completions, first);
    if (scores.size === judges.length) {
      for (const [{ name }, each] of scores) for (const score of each) common.get(name)?.push(score);
    }
  }
  return {
    judges,
    referenceModels,
    scores: common,
    worst: (suite, method) => worst.of(groupKey(suite, method)),
    units: (suite, method) =>
      (byMethod.get(groupKey(suite, method)) ?? []).toSorted((a, b) => a.prompt - b.prompt),
  };
}

function groupKey(suite: string, method: string): string {
  return JSON.stringify([suite, method]);
}

function pairIf<K, V>(key: K, value: V | undefined): [K, V][] {
  return value === undefined ? [] : [[key, value]];
}

async function mapOf<R extends Unit, V>(
  records: AsyncIterable<R>,
  valueOf: (record: R) => V,
): Promise<Map<string, V>> {
  const found = new Map<string, V>();
  for await (const record of records) found.set(unitKey(record), valueOf(record));
  return found;
}
