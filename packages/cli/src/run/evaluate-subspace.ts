import { HalfspaceError, type Attribute, type LinearAttribute } from '@halfspace/core';
import { evaluateAttributes, type Evaluation } from '@halfspace/subspace';
import { assertWritable, writeFileAtomically } from '../atomic-file.js';
import type { EvaluateSubspaceFlags } from '../commands/evaluate-subspace.js';
import { showEvaluation } from '../evaluation/show-evaluation.js';
import { arePairs } from '../labelled-texts.js';
import { loadAttributes } from '../load-attributes.js';
import { print, printJson } from '../output.js';
import { createProgress } from '../progress.js';
import { readData } from '../read-data.js';
import { withBackend } from '../with-backend.js';

/** `halfspace evaluate-subspace`. */
export async function evaluateSubspace(flags: EvaluateSubspaceFlags, signal: AbortSignal): Promise<void> {
  if (flags.output !== undefined) await assertWritable(flags.output);
  const attributes = (await loadAttributes(flags.attribute)).map(({ attribute }) => linear(attribute));
  const texts = await readData(attributes[0].name, flags.data, flags, signal);
  const evaluation = await withBackend(flags, signal, async (backend) => {
    const progress = createProgress('Evaluating', (done, total) => `${done} of ${total} rows`);
    return evaluateAttributes(backend, attributes, texts, {
      pairs: arePairs(flags),
      chat: flags.chat ?? false,
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
  });
  if (flags.output !== undefined) await writeReport(flags.output, evaluation);
  if (flags.json) printJson(evaluation);
  else {
    showEvaluation(evaluation);
    if (flags.output !== undefined) print(`\nWritten to ${flags.output}.`);
  }
}

async function writeReport(path: string, evaluation: Evaluation): Promise<void> {
  // Loaded when needed: the plots take seconds to load.
  const { reportPage } = await import('../evaluation/report-page.js');
  await writeFileAtomically(path, async (file) => file.append(reportPage(evaluation)));
}

function linear(attribute: Attribute): LinearAttribute {
  if ('subspaces' in attribute) return attribute;
  throw new HalfspaceError(
    'no-subspace',
    `The attribute "${attribute.name}" has no subspace to evaluate: it is computed by a function of its own.`,
  );
}
