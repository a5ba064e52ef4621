import type { ChoiceEvaluation, ChoiceFigures } from '@halfspace/subspace';
import { inLine } from '../../terminal/harmless.js';
import { print } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { estimateCells, INTERVAL } from './evaluation-tables.js';

const POOLINGS = { last: 'after the last token', mean: 'mean', min: 'minimum' } as const;

/** Prints for a person how multiple choice is answered. */
export function showChoices(sets: Readonly<Record<string, ChoiceEvaluation>>): void {
  for (const [name, { questions, chance, logLikelihood, attributes }] of Object.entries(sets)) {
    print(`${inLine(name)}, ${questions} questions (choosing blindly: ${chance.toFixed(3)})\n`);
    const rows = [
      row("the model's own log-likelihood", logLikelihood),
      ...attributes.flatMap(({ attribute, poolings }) =>
        Object.entries(POOLINGS).map(([key, pooling]) =>
          row(`${attribute}, ${pooling}`, poolings[key as keyof typeof POOLINGS]),
        ),
      ),
    ];
    for (const line of table([
      ['chosen by', 'best is right', INTERVAL, 'mass on right', INTERVAL],
      ...rows,
    ])) {
      print(line);
    }
    print();
  }
}

function row(scorer: string, { best, mass }: ChoiceFigures): string[] {
  return [scorer, ...estimateCells(best), ...estimateCells(mass)];
}
