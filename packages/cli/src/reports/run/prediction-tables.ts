import type { RunReport, SuiteReport } from '@halfspace/evaluate';
import type { RunTable } from '../report-table.js';
import { withInterval } from '../format-number.js';

/** Of each judge, how far margins foretell what it says; none where no margins were recorded. */
export function predictionTables({ methods }: SuiteReport, { judges }: RunReport): RunTable[] {
  const attributes = Object.keys(methods[0]?.margins ?? {});
  const first = methods[0]?.method;
  if (attributes.length === 0) return [];
  return judges.flatMap(({ name }) => {
    const judged = methods.filter((each) => each.judges[name] !== undefined);
    if (judged.length === 0) return [];
    return [
      {
        title: `What margins foretell of ${name}: Spearman (1: the higher the margin, the better), and score less ${first}'s at the same margins`,
        rows: [
          ['method', ...attributes.flatMap((attribute) => [attribute, 'within prompts', `less ${first}'s`])],
          ...judged.map(({ method, predictions: { [name]: found } }) => [
            method,
            ...attributes.flatMap((attribute) => {
              const { overall, within, excess } = found[attribute] ?? {};
              return [overall, within, method === first ? undefined : excess].map((each) =>
                withInterval(each),
              );
            }),
          ]),
        ],
      },
    ];
  });
}
