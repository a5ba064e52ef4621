import { type Backend, createHalfspace, encodeResponse, inTurns, type Score } from '@halfspace/core';
import { locateError } from '../../data/locate-error.js';
import type { ScoreFlags } from './flags.js';
import { loadAttributes, onlyFor } from '../../attributes/load-attributes.js';
import { print, printJson } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';
import { readRows } from '../../data/stream-rows.js';
import { optionalTextOf, type Row, textOf } from '../../data/rows.js';
import { table } from '../../terminal/table.js';
import { shortened } from '../../terminal/width.js';
import { noteWarnings } from '../../model/note-warnings.js';
import { withBackend } from '../../model/with-backend.js';

/** Columns of a response that the table shows. */
const EXCERPT = 48;

/** A row to be scored. */
interface Text {
  readonly prompt: string;
  readonly response: string;
  readonly place: string;
}

/** `halfspace score`. */
export async function score(flags: ScoreFlags, signal: AbortSignal): Promise<void> {
  const attributes = (await loadAttributes(flags.attribute, 0)).map(({ attribute }) => attribute);
  const names = attributes.map(({ name }) => name);
  const texts = (await readRows(flags.input, signal)).map(textAt);
  const scores: Score[] = [];
  await withBackend({ ...flags, ...onlyFor(attributes) }, signal, async (backend) => {
    await inTurns(texts, (text) => check(text, backend), signal);
    const halfspace = await createHalfspace({ backend, attributes });
    noteWarnings(halfspace);
    const progress = createProgress('Scoring');
    progress.update(0, texts.length);
    try {
      for (const [index, { prompt, response }] of texts.entries()) {
        const found = await halfspace.score({ prompt, response, measure: names, signal });
        progress.update(index + 1, texts.length);
        progress.clear();
        if (flags.json) printJson({ index, ...found });
        else scores.push(found);
      }
    } finally {
      progress.stop();
    }
  });
  if (!flags.json) printTable(names, scores, texts);
}

function textAt(row: Row): Text {
  return { prompt: optionalTextOf(row, 'prompt'), response: textOf(row, 'response'), place: row.place };
}

/** Finds a text that the model cannot take before any is scored. */
function check({ prompt, response, place }: Text, backend: Backend): void {
  try {
    encodeResponse(backend, prompt, response);
  } catch (error) {
    throw locateError(place, error);
  }
}

function printTable(names: readonly string[], scores: readonly Score[], texts: readonly Text[]): void {
  const heading = [
    'row',
    ...names.flatMap((name) => [`${name}: last`, 'mean', 'min', 'probability']),
    'response',
  ];
  const rows = scores.map(({ margins, probability }, index) => [
    String(index),
    ...names.flatMap((name) => {
      const { last, mean, min } = margins[name];
      return [...[last, mean, min].map((margin) => margin.toFixed(2)), probability[name].toFixed(3)];
    }),
    excerpt(texts[index].response),
  ]);
  for (const line of table([heading, ...rows])) print(line);
}

function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return shortened(line, EXCERPT);
}
