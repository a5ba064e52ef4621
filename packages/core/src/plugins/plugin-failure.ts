import { complaintOf, HalfspaceError } from '@halfspace/contracts';

/** The error of a completion whose plugin failed. */
export function pluginFailure(
  kind: 'attribute' | 'filter',
  name: string,
  step: number,
  cause: unknown,
): HalfspaceError {
  const complaint = complaintOf(cause).replace(/\.?$/, '.');
  return new HalfspaceError(
    `${kind}-failed`,
    `The ${kind} "${name}" failed at step ${step} (from 0): ${complaint} ` +
      `This completion ends here. Repair the ${kind}, or leave it out.`,
    { cause },
  );
}
