import { evaluateAttributes } from '@halfspace/subspace';
import type { EvaluateSubspaceFlags } from '../commands/evaluate-subspace.js';
import { showEvaluation } from '../evaluation/show-evaluation.js';
import { INSTALLED } from '../installed-attributes.js';
import { columnRecipe, saysLabels, type LabelRecipe } from '../label-recipe.js';
import { loadAttributes } from '../load-attributes.js';
import { note, printJson } from '../output.js';
import { createProgress } from '../progress.js';
import { readLabelledTexts } from '../read-labelled-texts.js';
import { withBackend } from '../with-backend.js';

/** `halfspace evaluate-subspace`. */
export async function evaluateSubspace(flags: EvaluateSubspaceFlags, signal: AbortSignal): Promise<void> {
  const attributes = (await loadAttributes(flags.attribute)).map(({ attribute }) => attribute);
  const recipe = await recipeOf(attributes[0].name, flags);
  const { texts, leftOut } = await readLabelledTexts(flags.data, recipe, flags.group, signal);
  if (leftOut > 0)
    note(`${leftOut} rows are on neither side or empty and are left out; ${texts.length} remain.`);
  const evaluation = await withBackend(flags, signal, async (backend) => {
    const progress = createProgress('Evaluating', (done, total) => `${done} of ${total} rows`);
    return evaluateAttributes(backend, attributes, texts, {
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
  });
  if (flags.json) printJson(evaluation);
  else showEvaluation(evaluation);
}

async function recipeOf(name: string, flags: EvaluateSubspaceFlags): Promise<LabelRecipe> {
  const installed = saysLabels(flags) ? undefined : await INSTALLED.get(name)?.();
  return installed?.labelOf ?? columnRecipe(flags);
}
