import { part } from '../parts/part.js';
import { type Column, createColumn } from './column.js';
import { byId, fill } from './dom.js';
import { showStep } from './token-panel.js';
import { BadTrace, MOST_BYTES, readTraceFile, type TracedText } from './trace-file.js';

/**
 * Opens files of traces that are chosen or dropped on the page.
 *
 * @param say - Told what is wrong with one, or undefined when nothing is.
 */
export function watchForTraces(say: (message: string | undefined) => void): void {
  const completions = byId<HTMLSelectElement>('trace-completion');
  const colours = byId<HTMLSelectElement>('trace-colour');
  let trace: readonly TracedText[] = [];
  const column: Column = createColumn('traced', 'Trace', (index) => openStep(index));
  byId('trace-text').append(column.element);

  function shown(): TracedText {
    return trace[Number(completions.value)] ?? trace[0];
  }

  function openStep(index: number): void {
    const { steps, weights } = shown();
    const onStep = (at: number): void => column.select(at);
    showStep({ title: 'Trace', steps, names: Object.keys(weights), onStep }, column.tokens[index].step);
    byId('token').focus();
  }

  function show(): void {
    const { prompt, steps, finishReason } = shown();
    column.begin(prompt);
    let kl = 0;
    for (const { candidates, chosen, kl: spent } of steps) {
      const { text, margins } = candidates[chosen];
      kl += spent;
      column.add({ text, tokens: 1, figures: { margins, kl }, finishReason: null });
    }
    column.add({ text: '', tokens: 0, figures: { kl }, finishReason });
    column.colourBy(colours.value);
  }

  async function open(file: File): Promise<void> {
    try {
      if (file.size > MOST_BYTES) {
        throw new BadTrace(
          `The file has ${Math.round(file.size / 2 ** 20)} MB, and this page reads ${MOST_BYTES / 2 ** 20}. Draw it with "halfspace explain FILE --html trace.html".`,
        );
      }
      trace = readTraceFile(await file.text());
      const names = [...new Set(trace.flatMap(({ weights }) => Object.keys(weights)))];
      fill(
        completions,
        ...trace.map(({ promptIndex, sample }, index) =>
          part('option', { value: index }, `prompt ${promptIndex}, sample ${sample}`),
        ),
      );
      fill(
        colours,
        ...names.map((name) => part('option', { value: name }, name)),
        part('option', { value: '' }, 'nothing'),
      );
      byId('trace').hidden = false;
      show();
      say(undefined);
      byId('status').textContent = `The trace of ${file.name} is open.`;
      byId('trace').scrollIntoView({ block: 'nearest' });
    } catch (error) {
      byId('trace').hidden = true;
      say(error instanceof BadTrace ? error.message : 'The file could not be read. Choose it again.');
      byId('message').scrollIntoView({ block: 'nearest' });
    }
  }

  completions.addEventListener('change', show);
  colours.addEventListener('change', () => column.colourBy(colours.value));
  byId<HTMLInputElement>('trace-file').addEventListener('change', ({ target }) => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (file !== undefined) void open(file);
  });
  const root = document.documentElement;
  const isFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
  root.addEventListener('dragover', (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    root.classList.add('dropping');
  });
  root.addEventListener('dragleave', () => root.classList.remove('dropping'));
  root.addEventListener('drop', (event) => {
    root.classList.remove('dropping');
    if (!isFile(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) void open(file);
  });
}
