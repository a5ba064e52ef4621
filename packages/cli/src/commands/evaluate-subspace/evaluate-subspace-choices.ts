import type { LinearAttribute } from '@halfspace/core';
import { evaluateChoices } from '@halfspace/subspace';
import { readChoices } from '../../data/choice-rows.js';
import type { EvaluateSubspaceFlags } from './flags.js';
import { showChoices } from '../../reports/subspace/show-choices.js';
import { printJson } from '../../terminal/output.js';
import { onlyFor } from '../../attributes/load-attributes.js';
import { createProgress } from '../../terminal/progress.js';
import { withBackend } from '../../model/with-backend.js';

/** `halfspace evaluate-subspace --choices`. */
export async function evaluateMultipleChoice(
  attributes: readonly LinearAttribute[],
  choices: readonly string[],
  flags: EvaluateSubspaceFlags,
  signal: AbortSignal,
): Promise<void> {
  const columns = { choices, ...(flags.prompt !== undefined && { prompt: flags.prompt }) };
  const sets = await readChoices(flags.data, columns, signal);
  const evaluation = await withBackend({ ...flags, ...onlyFor(attributes) }, signal, async (backend) => {
    const progress = createProgress('Evaluating', (done, total) => `${done} of ${total} runs`);
    return evaluateChoices(backend, attributes, sets, {
      chat: flags.chat ?? false,
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
  });
  if (flags.json) printJson(evaluation);
  else showChoices(evaluation);
}
