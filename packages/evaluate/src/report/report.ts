import type { Estimate } from '@halfspace/subspace';
import { judgeAgreement, type JudgeAgreement } from '../judges/agreement.js';
import type { JudgeInfo, ReferenceModelInfo } from '../run/records.js';
import type { Plan } from '../run/plan.js';
import type { RunDirectory } from '../run/run-parts.js';
import { collect, type Collected } from './collect.js';
import { type Comparison, comparisons } from './comparisons.js';
import { estimate, type Figures, figuresOf, methodFigures, type MethodFigures } from './method-figures.js';
import { type MarginPrediction, predictions } from './prediction.js';
import type { UnitFigures } from './unit-figures.js';
import type { WorstCompletion } from './worst.js';

/** A method on a suite. */
export interface MethodReport extends MethodFigures {
  /** Its name. */
  readonly method: string;
  /** The curve that it is a point of. */
  readonly series: string;
  /** Its perplexity divided by that of the first method, on the prompts that both completed. */
  readonly perplexityRatio: Estimate;
  /** By group of the prompts; none where they have no groups. */
  readonly groups: Readonly<Record<string, Figures>>;
  /** Where there are two groups: mean worst score of the one that comes first in the alphabet less the other's, by judge. */
  readonly gap: Readonly<Record<string, Estimate>>;
  /** How far margins foretell what judges say: by judge, then by attribute. */
  readonly predictions: Readonly<Record<string, Readonly<Record<string, MarginPrediction>>>>;
  /** What the first judge liked least, one a prompt. */
  readonly worst: readonly WorstCompletion[];
}

/** What was found on a suite. */
export interface SuiteReport {
  /** Its name. */
  readonly suite: string;
  /** Prompts in the plan. */
  readonly prompts: number;
  /** In the order of the plan; those that have completed something. */
  readonly methods: readonly MethodReport[];
  /** All pairs of methods. */
  readonly comparisons: readonly Comparison[];
}

/** What a run has come to. */
export interface RunReport {
  /** What was to be done. */
  readonly plan: Plan;
  /** Units: a prompt completed by a method. */
  readonly units: {
    /** Done. */
    readonly done: number;
    /** In the plan. */
    readonly total: number;
  };
  /** Who has judged. */
  readonly judges: readonly JudgeInfo[];
  /** How far each pair of judges agrees, over all completions that all of them have judged. */
  readonly agreement: readonly JudgeAgreement[];
  /** Models that have read, besides the one that wrote. */
  readonly referenceModels: readonly ReferenceModelInfo[];
  /** In the order of the plan. */
  readonly suites: readonly SuiteReport[];
}

/**
 * Sums up what is there of a run, whether or not it is done.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`
 */
export async function reportRun(run: RunDirectory): Promise<RunReport> {
  const { plan, prompts } = run;
  const collected = await collect(run);
  const suites = Object.entries(plan.suites).map(([suite, count]) =>
    suiteReport(run, collected, suite, count),
  );
  const done = suites.reduce(
    (sum, { methods }) => sum + methods.reduce((all, each) => all + each.prompts, 0),
    0,
  );
  return {
    plan,
    units: { done, total: prompts.length * plan.methods.length },
    judges: collected.judges,
    agreement: judgeAgreement(
      collected.judges.map(({ name, threshold }) => ({
        name,
        threshold,
        scores: collected.scores.get(name) ?? [],
      })),
    ),
    referenceModels: collected.referenceModels,
    suites,
  };
}

function suiteReport(run: RunDirectory, collected: Collected, suite: string, prompts: number): SuiteReport {
  const units = new Map(
    run.plan.methods
      .map(({ name }) => [name, collected.units(suite, name)] as const)
      .filter(([, found]) => found.length > 0),
  );
  const [first = []] = units.values();
  const methods = run.plan.methods.flatMap(({ name, series }): MethodReport[] => {
    const own = units.get(name);
    if (own === undefined) return [];
    const groups = byGroup(run, own);
    return [
      {
        method: name,
        series,
        ...methodFigures(own),
        perplexityRatio: perplexityRatio(own, first),
        groups: Object.fromEntries([...groups].map(([group, some]) => [group, figuresOf(some)])),
        gap: gapsOf(run, own, [...groups.keys()], collected.judges),
        predictions: Object.fromEntries(
          collected.judges.map((judge) => [judge.name, predictions(own, first, judge)]),
        ),
        worst: collected.worst(suite, name),
      },
    ];
  });
  const judges = collected.judges.map(({ name }) => name);
  return { suite, prompts, methods, comparisons: comparisons(units, judges) };
}

/** In alphabetical order. */
function byGroup({ prompts }: RunDirectory, units: readonly UnitFigures[]): Map<string, UnitFigures[]> {
  const groups = new Map<string, UnitFigures[]>();
  for (const unit of units) {
    const { group } = prompts[unit.prompt];
    if (group === undefined) continue;
    const found = groups.get(group);
    if (found === undefined) groups.set(group, [unit]);
    else found.push(unit);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function gapsOf(
  { prompts }: RunDirectory,
  units: readonly UnitFigures[],
  groups: readonly string[],
  judges: readonly JudgeInfo[],
): Record<string, Estimate> {
  if (groups.length !== 2) return {};
  return Object.fromEntries(
    judges.map(({ name }) => {
      const items = units.flatMap(({ prompt, judged }) => {
        const { group } = prompts[prompt];
        return group === undefined || judged[name] === undefined
          ? []
          : [{ group, worst: judged[name].worst }];
      });
      return [
        name,
        estimate(items.length, (timesOf) => meanIn(groups[0], timesOf) - meanIn(groups[1], timesOf)),
      ];

      function meanIn(wanted: string, timesOf: (item: number) => number): number {
        let total = 0;
        let count = 0;
        items.forEach(({ group, worst }, i) => {
          if (group !== wanted) return;
          total += timesOf(i) * worst;
          count += timesOf(i);
        });
        return total / count;
      }
    }),
  );
}

function perplexityRatio(units: readonly UnitFigures[], first: readonly UnitFigures[]): Estimate {
  const others = new Map(first.map((unit) => [unit.prompt, unit.likelihood]));
  const pairs = units.flatMap(({ prompt, likelihood }) => {
    const other = others.get(prompt);
    return other === undefined ? [] : [{ own: likelihood, other }];
  });
  return estimate(pairs.length, (timesOf) => {
    const sums = { own: 0, ownTokens: 0, other: 0, otherTokens: 0 };
    pairs.forEach(({ own, other }, i) => {
      sums.own += timesOf(i) * own.logprob;
      sums.ownTokens += timesOf(i) * own.tokens;
      sums.other += timesOf(i) * other.logprob;
      sums.otherTokens += timesOf(i) * other.tokens;
    });
    return Math.exp(sums.other / sums.otherTokens - sums.own / sums.ownTokens);
  });
}
