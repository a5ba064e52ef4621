import type { ChoiceReport, MethodChoices } from '@halfspace/evaluate';
import type { ChoiceFigures } from '@halfspace/subspace';
import { inLine } from '../../terminal/harmless.js';
import { print } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { formatNumber, small, withInterval } from '../format-number.js';

/** Prints for a person how methods answer multiple choice. */
export function showMethodChoices(sets: Readonly<Record<string, ChoiceReport>>): void {
  for (const [name, { questions, chance, methods }] of Object.entries(sets)) {
    print(`${inLine(name)}, ${questions} questions (choosing blindly: ${formatNumber(chance)})\n`);
    const heading = ['best is right', 'mass on right'].flatMap((figure) => [
      figure,
      'less plain',
      'p, corrected',
    ]);
    const rows = methods.map((each) => [each.method, ...cells(each, 'best'), ...cells(each, 'mass')]);
    for (const line of table([['method', ...heading], ...rows])) print(line);
    print();
  }
}

function cells({ change, ...figures }: MethodChoices, figure: keyof ChoiceFigures): string[] {
  const found = change?.[figure];
  return [
    withInterval(figures[figure]),
    withInterval(found),
    found === undefined ? '–' : small(found.adjusted),
  ];
}
