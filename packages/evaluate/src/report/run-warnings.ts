import { readCompletions } from '../run/run-directory.js';
import type { RunDirectory } from '../run/run-parts.js';

/** What of a method could do nothing in all completions by it. */
export interface RunWarning {
  /** Name of the method. */
  readonly method: string;
  /** One sentence or two, as `generate` says it. */
  readonly warning: string;
}

/**
 * What all completions of a method warn of, in the order of the plan's methods.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`, `not-readable`
 */
export async function runWarnings(run: RunDirectory): Promise<RunWarning[]> {
  const written = new Map<string, number>();
  const warned = new Map<string, Map<string, number>>();
  for await (const { method, completions } of readCompletions(run)) {
    written.set(method, (written.get(method) ?? 0) + completions.length);
    const counts = warned.get(method) ?? new Map<string, number>();
    for (const each of completions.flatMap(({ warnings }) => warnings ?? [])) {
      counts.set(each, (counts.get(each) ?? 0) + 1);
    }
    warned.set(method, counts);
  }
  return run.plan.methods.flatMap(({ name: method }) =>
    [...(warned.get(method) ?? [])]
      .filter(([, count]) => count === written.get(method))
      .map(([warning]) => ({ method, warning })),
  );
}
