import type { Centring, Estimator, Positions } from '@halfspace/subspace';
import { Option, type Command } from 'commander';

/** What every command that fits directions takes. */
export interface FitKindFlags {
  readonly estimator?: Estimator;
  readonly positions?: Positions;
  readonly centring?: Centring;
}

/** Adds {@link FitKindFlags} to a command. */
export function addFitKindOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--estimator <kind>',
        "how much the covariance is shrunk: by the formula of Ledoit and Wolf (shrinkage), as SASA's authors do (paper), or as " +
          'held-out groups tell (default: cross-validated)',
      ).choices(['paper', 'shrinkage', 'cross-validated'] satisfies Estimator[]),
    )
    .addOption(
      new Option('--positions <which>', 'tokens of a response to fit on (default: every)').choices([
        'last',
        'every',
        'both',
      ] satisfies Positions[]),
    )
    .addOption(
      new Option(
        '--centring <kind>',
        'what is taken off before fitting; prompt: the mean over the responses to the same prompt (default: none)',
      ).choices(['none', 'prompt'] satisfies Centring[]),
    );
}
