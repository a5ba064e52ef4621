import { HalfspaceError, type Attribute, type LinearAttribute } from '@halfspace/core';
import { evaluateAttributes, type Evaluation } from '@halfspace/subspace';
import { assertWritable, writeFileAtomically } from '../atomic-file.js';
import type { EvaluateSubspaceFlags } from '../commands/evaluate-subspace.js';
import { tellOfFitted, withFitted } from '../evaluation/fitted-rows.js';
import { showEvaluation } from '../evaluation/show-evaluation.js';
import { studyFits, type FitStudy } from '../evaluation/fit-study.js';
import { openFitData } from '../fit-data.js';
import { arePairs } from '../labelled-texts.js';
import { loadAttributes, onlyFor } from '../load-attributes.js';
import { print, printJson } from '../output.js';
import { createProgress } from '../progress.js';
import { readData } from '../read-data.js';
import { withBackend } from '../with-backend.js';
import { evaluateMultipleChoice } from './evaluate-subspace-choices.js';

/** `halfspace evaluate-subspace`. */
export async function evaluateSubspace(flags: EvaluateSubspaceFlags, signal: AbortSignal): Promise<void> {
  if (flags.output !== undefined) await assertWritable(flags.output);
  const attributes = (await loadAttributes(flags.attribute, 0)).map(({ attribute }) => linear(attribute));
  if (flags.choices !== undefined) return evaluateMultipleChoice(attributes, flags.choices, flags, signal);
  const texts = await readData(attributes[0].name, flags.data, flags, signal);
  const training = flags.train && (await openFitData(attributes[0].name, flags.train, flags, signal));
  const { evaluation, study } = await withBackend(
    { ...flags, ...onlyFor(attributes) },
    signal,
    async (backend) => {
      // Before the evaluation, because it checks the training data, too.
      const study =
        training && (await studyFits(backend, attributes[0], { training, judged: texts }, flags, signal));
      const progress = createProgress('Evaluating', (done, total) => `${done} of ${total} rows`);
      const evaluation = await evaluateAttributes(backend, attributes, texts, {
        pairs: arePairs(flags),
        chat: flags.chat ?? false,
        signal,
        onProgress: ({ done, total }) => progress.update(done, total),
      }).finally(() => progress.stop());
      return { evaluation: withFitted(evaluation, attributes, { texts, paths: flags.data }), study };
    },
  );
  tellOfFitted(evaluation);
  if (flags.output !== undefined) await writeReport(flags.output, evaluation, study);
  if (flags.json) printJson({ ...evaluation, ...study });
  else {
    showEvaluation(evaluation, study);
    if (flags.output !== undefined) print(`\nWritten to ${flags.output}.`);
  }
}

async function writeReport(path: string, evaluation: Evaluation, study?: FitStudy): Promise<void> {
  // Loaded when needed: the plots take seconds to load.
  const { reportPage } = await import('../evaluation/report-page.js');
  await writeFileAtomically(path, async (file) => file.append(reportPage(evaluation, study)));
}

function linear(attribute: Attribute): LinearAttribute {
  if ('subspaces' in attribute) return attribute;
  throw new HalfspaceError(
    'no-subspace',
    `The attribute "${attribute.name}" has no subspace to evaluate: it is computed by a function of its own.`,
  );
}
