import { createHalfspace } from '@halfspace/core';
import { evaluateChoicesByMethod } from '@halfspace/evaluate';
import { readChoices } from '../../data/choice-rows.js';
import type { EvaluateChoicesFlags } from './flags.js';
import { attributesNamed } from '../../attributes/attributes-named.js';
import { PRECISION } from '../../options/model.js';
import { readMethods } from '../../request/read-methods.js';
import { showMethodChoices } from '../../reports/run/show-method-choices.js';
import { onlyFor } from '../../attributes/load-attributes.js';
import { printJson } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';
import { withBackend } from '../../model/with-backend.js';

/** `halfspace evaluate-choices`. */
export async function evaluateChoices(flags: EvaluateChoicesFlags, signal: AbortSignal): Promise<void> {
  const { data, choices, prompt, method, chat = false, precision = PRECISION, json } = flags;
  const sets = await readChoices(data, { choices, ...(prompt !== undefined && { prompt }) }, signal);
  const { methods, sources } = await readMethods(method, signal);
  const attributes = await attributesNamed(sources);
  const reports = await withBackend(
    { ...flags, precision, ...onlyFor(attributes) },
    signal,
    async (backend) => {
      const progress = createProgress('Reading', (done, total) => `${done} of ${total} runs`);
      return evaluateChoicesByMethod(await createHalfspace({ backend, attributes }), methods, sets, {
        chat,
        signal,
        onProgress: ({ done, total }) => progress.update(done, total),
      }).finally(() => progress.stop());
    },
  );
  if (!json) return showMethodChoices(reports);
  for (const [set, { methods: answered, ...report }] of Object.entries(reports)) {
    for (const each of answered) printJson({ set, ...report, ...each });
  }
}
