import { holm } from '../metrics/holm.js';
import { pairedTest } from '../metrics/paired-test.js';
import type { UnitFigures } from './unit-figures.js';

/** One method against another on the prompts that both completed. */
export interface Comparison {
  /** The measure: a judge, whose worst score of each prompt is compared, or `log perplexity`. */
  readonly measure: string;
  /** Name of the one. */
  readonly a: string;
  /** Name of the other. */
  readonly b: string;
  /** Prompts compared. */
  readonly prompts: number;
  /** Mean over prompts of a's number less b's. */
  readonly difference: number;
  /** Two-sided, by sign flips over prompts. */
  readonly p: number;
  /** p with Holm's correction for all pairs of methods by this measure on this suite. */
  readonly adjusted: number;
}

/** A measure of a prompt; undefined where it was not taken. */
interface Measure {
  readonly name: string;
  readonly of: (unit: UnitFigures) => number | undefined;
}

/**
 * Compares all pairs of methods on a suite.
 *
 * @param methods - Units of each, by name.
 * @param judges - Names.
 */
export function comparisons(
  methods: ReadonlyMap<string, readonly UnitFigures[]>,
  judges: readonly string[],
): Comparison[] {
  const measures: Measure[] = [
    ...judges.map((name) => ({ name, of: ({ judged }: UnitFigures) => judged[name]?.worst })),
    {
      name: 'log perplexity',
      of: ({ likelihood: { logprob, tokens } }) => (tokens > 0 ? -logprob / tokens : undefined),
    },
  ];
  return measures.flatMap((measure) => corrected(pairsOf([...methods], measure)));
}

type Uncorrected = Omit<Comparison, 'adjusted'>;

function corrected(found: readonly Uncorrected[]): Comparison[] {
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((each, i) => ({ ...each, adjusted: adjusted[i] }));
}

function pairsOf(
  methods: readonly (readonly [string, readonly UnitFigures[]])[],
  measure: Measure,
): Uncorrected[] {
  const values = methods.map(([name, units]) => ({
    name,
    byPrompt: new Map(units.map((unit) => [unit.prompt, measure.of(unit)])),
  }));
  return values.flatMap((a, i) =>
    values.slice(i + 1).flatMap((b) => {
      const differences = [...a.byPrompt].flatMap(([prompt, value]) => {
        const other = b.byPrompt.get(prompt);
        return value === undefined || other === undefined ? [] : [value - other];
      });
      if (differences.length === 0) return [];
      return [
        {
          measure: measure.name,
          a: a.name,
          b: b.name,
          prompts: differences.length,
          ...pairedTest(differences),
        },
      ];
    }),
  );
}
