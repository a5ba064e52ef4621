import { pruneCache, type Pruned } from '@halfspace/model';
import type { JsonFlag } from '../../options/json.js';
import { note, print, printJson } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { size } from './sizes.js';

/** Flags of `halfspace model prune`. */
export interface PruneFlags extends JsonFlag {
  readonly all?: true;
  /** Days. */
  readonly olderThan?: number;
  readonly dryRun?: true;
}

/** `halfspace model prune`. */
export async function pruneModels({ all, olderThan, dryRun, json }: PruneFlags): Promise<void> {
  const pruned = await pruneCache({
    ...(all !== undefined && { all }),
    ...(olderThan !== undefined && { olderThanDays: olderThan }),
    ...(dryRun !== undefined && { dryRun }),
  });
  if (json) {
    for (const each of pruned) printJson(each);
    return;
  }
  for (const line of describe(pruned)) print(line);
  const freed = pruned.filter(({ outcome }) => outcome === 'removed' || outcome === 'would be removed');
  const bytes = freed.reduce((sum, each) => sum + each.bytes, 0);
  if (pruned.length === 0) note('There is nothing to remove.');
  else note(`${size(bytes)} ${dryRun === true ? 'would be freed' : 'were freed'}.`);
}

const REASONS: Readonly<Record<Pruned['reason'], string>> = {
  format: 'of an older version',
  unused: 'not used for long',
  source: 'its model is gone',
  partial: 'left over',
  fingerprints: 'old fingerprints of files',
  all: 'asked for',
};

function describe(pruned: readonly Pruned[]): string[] {
  if (pruned.length === 0) return [];
  const rows = pruned.map(({ model, path, precision, bytes, reason, outcome }) => [
    model ?? path,
    precision ?? '',
    size(bytes),
    REASONS[reason],
    outcome === 'in use' ? 'stays: a program has it loaded' : outcome,
  ]);
  return table([['what', 'precision', 'size', 'why', ''], ...rows]);
}
