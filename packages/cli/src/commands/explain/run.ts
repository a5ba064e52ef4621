import { HalfspaceError } from '@halfspace/core';
import { assertWritable, writeFileAtomically } from '@halfspace/files';
import type { ExplainFlags } from './flags.js';
import { assertTraced, firstAttribute } from '../../reports/trace/traced-attribute.js';
import { readTrace } from '../../reports/trace/read-trace.js';
import { showStep, showTrace } from '../../reports/trace/show-trace.js';
import { summaryOf } from '../../reports/trace/summary.js';
import type { TracedCompletion } from '../../reports/trace/trace-line.js';
import { print, printJson } from '../../terminal/output.js';

/** `halfspace explain`. */
export async function explain(path: string, flags: ExplainFlags, signal: AbortSignal): Promise<void> {
  if (flags.html !== undefined) await assertWritable(flags.html);
  const trace = select(await readTrace(path, signal), flags);
  if (flags.attribute !== undefined) assertTraced(trace, flags.attribute);
  const attribute = flags.attribute ?? firstAttribute(trace);
  if (flags.html !== undefined) await writePage(flags.html, trace, attribute);
  if (flags.json) for (const completion of trace) printJson(summaryOf(completion));
  else if (flags.html !== undefined) print(`Written to ${flags.html}.`);
  else if (flags.step !== undefined) for (const completion of trace) showStep(completion, flags.step);
  else for (const completion of trace) showTrace(completion, attribute);
}

/** The completions that are asked for; of a step those that have it. */
function select(
  trace: readonly TracedCompletion[],
  { completion, step }: ExplainFlags,
): readonly TracedCompletion[] {
  const chosen = completion === undefined ? trace : trace.slice(completion, completion + 1);
  if (chosen.length === 0) {
    throw new HalfspaceError(
      'no-such-completion',
      `There is no completion ${completion}: the trace has ${trace.length}, counted from 0.`,
    );
  }
  if (step === undefined) return chosen;
  const long = chosen.filter(({ steps }) => steps.length > step);
  if (long.length > 0) return long;
  const most = Math.max(...chosen.map(({ steps }) => steps.length));
  throw new HalfspaceError('no-such-step', `There is no step ${step}: there are ${most}, counted from 0.`);
}

async function writePage(
  path: string,
  trace: readonly TracedCompletion[],
  attribute: string | undefined,
): Promise<void> {
  // Loaded when needed: the plots take seconds to load.
  const { tracePage } = await import('../../reports/trace/trace-page.js');
  await writeFileAtomically(path, async (file) => file.append(tracePage(trace, attribute)));
}
