import { type Attribute, HalfspaceError, type LinearAttribute, subspacesFor } from '@halfspace/core';
import { evaluateAttributes, type Evaluation } from '@halfspace/subspace';
import { assertWritable, writeFileAtomically } from '@halfspace/files';
import type { EvaluateSubspaceFlags } from './flags.js';
import { tellOfFitted, withFitted } from '../../reports/subspace/fitted-rows.js';
import { showEvaluation } from '../../reports/subspace/show-evaluation.js';
import type { FitStudy } from '../../reports/subspace/fit-study.js';
import { studyFits } from './fit-study.js';
import { openFitData } from '../../data/fit-data.js';
import { arePairs } from '../../data/labelled-texts.js';
import { loadAttributes, onlyFor } from '../../attributes/load-attributes.js';
import { print, printJson } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';
import { readData } from '../../data/read-data.js';
import { withBackend } from '../../model/with-backend.js';
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
      const own = attributes.map((each) => ({ ...each, subspaces: subspacesFor(each, backend.model) }));
      return { evaluation: withFitted(evaluation, own, { texts, paths: flags.data }), study };
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
  const { reportPage } = await import('../../reports/subspace/report-page.js');
  await writeFileAtomically(path, async (file) => file.append(reportPage(evaluation, study)));
}

function linear(attribute: Attribute): LinearAttribute {
  if ('subspaces' in attribute) return attribute;
  throw new HalfspaceError(
    'no-subspace',
    `The attribute "${attribute.name}" has no subspace to evaluate: it is computed by a function of its own.`,
  );
}
