import { createHash } from 'node:crypto';
import { guardPlugin, HalfspaceError } from '@halfspace/core';
import { complaintOf, isPrompt } from '../run/run-schema.js';
import type { Suite, SuiteRow } from './suite.js';
import type { SuitePrompt } from './suite-prompt.js';

/**
 * The prompts of a suite.
 *
 * @param rows - Of its file, in order.
 * @param limit - Most prompts of each group, or of a suite without groups (default: all). Which ones is decided by their
 * ids alone, and not by where they stand: the first of a file are often of one kind.
 * @throws HalfspaceError `bad-row` naming the line; `no-prompts` when none belongs to the suite; `plugin-failed` where the suite of
 * a module throws or gives what are no prompts
 */
export async function readSuite(
  suite: Suite,
  rows: AsyncIterable<SuiteRow> | Iterable<SuiteRow>,
  limit = Infinity,
): Promise<SuitePrompt[]> {
  const { name } = suite;
  const prompts: SuitePrompt[] = [];
  for await (const row of rows) prompts.push(...(await promptsIn(row, suite)));
  if (prompts.length === 0) {
    throw new HalfspaceError('no-prompts', `The file has no prompt of the suite ${name}.`);
  }
  const kept = new Set(byGroup(prompts).flatMap((group) => drawn(group, limit)));
  return prompts.filter((prompt) => kept.has(prompt));
}

/** The prompts of a row, looked at: a suite may be anybody's. */
async function promptsIn(row: SuiteRow, suite: Suite): Promise<SuitePrompt[]> {
  const label = `suite "${suite.name}"`;
  return guardPlugin(label, () =>
    suite.promptsOf(row).map((each) => {
      const prompt = { suite: suite.name, ...each };
      if (isPrompt(prompt)) return prompt;
      throw new HalfspaceError(
        'plugin-failed',
        `The ${label} makes no prompt of ${row.place}: ${complaintOf(isPrompt)}.`,
      );
    }),
  );
}

function byGroup(prompts: readonly SuitePrompt[]): SuitePrompt[][] {
  const groups = new Map<string | undefined, SuitePrompt[]>();
  for (const prompt of prompts) {
    const found = groups.get(prompt.group);
    if (found === undefined) groups.set(prompt.group, [prompt]);
    else found.push(prompt);
  }
  return [...groups.values()];
}

function drawn(prompts: readonly SuitePrompt[], count: number): readonly SuitePrompt[] {
  if (prompts.length <= count) return prompts;
  const keyed = prompts.map((prompt) => ({
    prompt,
    key: createHash('sha256').update(prompt.id).digest('hex'),
  }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  return keyed.slice(0, count).map(({ prompt }) => prompt);
}
