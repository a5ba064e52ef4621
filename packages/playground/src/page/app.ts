import type { TracedStep } from '@halfspace/core';
import { part } from '../parts/part.js';
import { shadeStyle } from '../parts/shade.js';
import { type Column, createColumn } from './column.js';
import { commandOf, type CommandKind } from './commands.js';
import { divergence } from './divergence.js';
import { byId, fill } from './dom.js';
import { createForm } from './form.js';
import { fragmentOf, keyOfFragment, settingsOfFragment } from './link.js';
import { createServerClient, ServerFault, type Value } from './server.js';
import { requestOf, type Settings, settingsAfter } from './settings.js';
import { showInPlace, showStep } from './token-panel.js';
import { watchForTraces } from './traces.js';
import { watchOwnValues } from './own-values.js';

const KEY = 'halfspace-key';
/** Of a value that has just been made. */
const OWN_WEIGHT = 2;

const server = createServerClient(keyOfFragment(location.hash) ?? sessionStorage.getItem(KEY) ?? undefined);
const form = createForm(showCommand);
const plain = createColumn('plain', 'Plain', (index) => void open(plain, index));
const steered = createColumn('steered', 'Steered', (index) => void open(steered, index));
const stop = byId<HTMLButtonElement>('stop');
const colour = byId<HTMLSelectElement>('colour');
let model = '';
let values: readonly Value[] = [];
let running: AbortController | undefined;
/** What the texts on the page were asked for with. */
let written: Settings | undefined;
/** Traces of the texts on the page, as they are asked for. */
let traces = new Map<Column, Promise<readonly TracedStep[]>>();

byId('columns').append(plain.element, steered.element);

const names = () => values.map(({ name }) => name);

/** Names of the judges of the server. */
let judges: readonly string[] = [];

/** Says what is wrong, or takes it back. */
function say(message: string | undefined): void {
  byId('message').hidden = message === undefined;
  byId('message').textContent = message ?? '';
}

function wordsOf(error: unknown): string {
  if (error instanceof ServerFault) {
    if (error.status === 401) byId('key-form').hidden = false;
    return error.message;
  }
  return `The page has failed: ${error instanceof Error ? error.message : String(error)}. Load it again.`;
}

async function connect(): Promise<void> {
  const [models, attributes] = await Promise.all([
    server.json('/v1/models'),
    server.json('/halfspace/attributes'),
  ]);
  const ids = (models['data'] as { id: string; halfspace: { preset?: string } }[]) ?? [];
  model = ids[0]?.id ?? '';
  const presets = [...new Set(ids.flatMap(({ halfspace }) => halfspace.preset ?? []))];
  values = (attributes['data'] as (Value & { available: boolean })[]).filter(({ available }) => available);
  judges = (attributes['judges'] as string[] | undefined) ?? [];
  byId('own').hidden = attributes['takes_examples'] !== true;
  form.offer(values, presets);
  const coloured = colour.value;
  fill(
    colour,
    ...names().map((name) => part('option', { value: name }, name)),
    part('option', { value: '' }, 'nothing'),
  );
  if (names().includes(coloured)) colour.value = coloured;
  byId('server').textContent = `Model ${model}`;
  byId('key-form').hidden = true;
  if (server.key !== undefined) sessionStorage.setItem(KEY, server.key);
  say(undefined);
  recolour();
}

function recolour(): void {
  plain.colourBy(colour.value);
  steered.colourBy(colour.value);
}

/** Has both texts written, side by side. */
async function write(settings: Settings): Promise<void> {
  running?.abort();
  const controller = (running = new AbortController());
  written = settings;
  traces = new Map();
  say(undefined);
  byId('token').hidden = true;
  byId('reply').hidden = true;
  byId('status').textContent = 'Writing.';
  stop.disabled = false;
  try {
    await Promise.all([stream(plain, controller.signal), stream(steered, controller.signal)]);
    byId('status').textContent =
      `Both texts are there: plain of ${plain.tokens.length} tokens, steered of ${steered.tokens.length}.`;
    byId('reply').hidden = settings.mode !== 'chat';
    await judge(settings, controller.signal);
  } catch (error) {
    if (running !== controller) return;
    byId('status').textContent = 'Stopped.';
    if (!controller.signal.aborted) say(wordsOf(error));
    controller.abort();
  } finally {
    if (running === controller) stop.disabled = true;
  }
}

/** Has both texts scored by those that are independent of the margins. */
async function judge(settings: Settings, signal: AbortSignal): Promise<void> {
  if (judges.length === 0) return;
  const completions = [plain, steered].map(
    ({ tokens }) => settings.begun + tokens.map(({ text }) => text).join(''),
  );
  const { data } = await server.json('/halfspace/judge', { prompt: settings.prompt, completions });
  if (signal.aborted) return;
  for (const { name, desired, scores } of data as { name: string; desired: string; scores: number[] }[]) {
    [plain, steered].forEach((column, i) => {
      column.showFigure(`judge ${name}, ${desired} is good`, scores[i].toFixed(3));
    });
  }
}

async function stream(column: Column, signal: AbortSignal): Promise<void> {
  if (written === undefined) return;
  column.begin(written.begun);
  const asked = requestOf(written, { model, measure: names(), isPlain: column === plain });
  for await (const piece of server.stream(asked, signal)) {
    if (signal.aborted) return;
    column.add(piece);
    const [a, b] = [plain, steered].map(({ tokens }) => tokens.map(({ text }) => text));
    for (const each of [plain, steered]) each.markAt(divergence(a, b));
  }
}

/**
 * Every candidate of every step of a text. The server writes it once more for that, with the same seed and so the same text: as it was
 * written first, only the candidates were run that could still win.
 */
async function traceOf(column: Column): Promise<readonly TracedStep[]> {
  if (written === undefined) return [];
  const isPlain = column === plain;
  const asked = requestOf(written, { model, measure: names(), isPlain, trace: true });
  let found: readonly TracedStep[] = [];
  for await (const { figures } of server.stream(asked, new AbortController().signal))
    found = figures.trace ?? found;
  return found;
}

/** Shows the candidates of a token. */
async function open(column: Column, index: number): Promise<void> {
  const { step } = column.tokens[index];
  const settings = written;
  column.select(index);
  if (!traces.has(column)) {
    showInPlace('The text is written once more, to see every candidate …');
    traces.set(column, traceOf(column));
  }
  try {
    const steps = await traces.get(column);
    if (settings === undefined || settings !== written || steps === undefined) return;
    if (steps.length <= step)
      return showInPlace('This token is not there when the text is written once more. Write it again.');
    const isPlain = column === plain;
    showStep(
      {
        title: isPlain ? 'Plain' : 'Steered',
        steps,
        names: names(),
        evaluationsOf: (at) => column.tokens.find((token) => token.step === at)?.evaluations,
        goOn: (at, candidate) => goOn(settings, steps, at, candidate),
        onStep: (at) => column.select(column.tokens.findIndex((token) => token.step >= at)),
      },
      step,
    );
    byId('token').focus();
  } catch (error) {
    traces.delete(column);
    showInPlace(wordsOf(error));
  }
}

/** Goes on with another candidate after what was written before it. */
function goOn(settings: Settings, steps: readonly TracedStep[], step: number, candidate: number): void {
  const before = steps.slice(0, step).map(({ candidates, chosen }) => candidates[chosen].text);
  const begun = settings.begun + before.join('') + steps[step].candidates[candidate].text;
  form.write({ ...settings, begun });
  submit();
  byId('columns').scrollIntoView({ block: 'nearest' });
}

/** Takes an answer into the conversation, for the next message to be written. */
function reply(column: Column): void {
  if (written === undefined) return;
  const { turns, prompt, begun } = settingsAfter(written, column.tokens.map(({ text }) => text).join(''));
  form.write({ mode: 'chat', turns, prompt, begun });
  byId('reply').hidden = true;
  byId('prompt').focus();
}

function submit(): void {
  const settings = form.read();
  history.replaceState(null, '', fragmentOf(settings));
  void write(settings);
}

function command(): string {
  const kind = byId<HTMLSelectElement>('command').value as CommandKind;
  const { origin } = location;
  return commandOf(kind, form.read(), { origin, model, measure: names(), hasKey: server.key !== undefined });
}

function showCommand(): void {
  byId('command-text').textContent = command();
}

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    byId('status').textContent = `${what} is copied.`;
    byId('copied').textContent = `${what} is copied.`;
  } catch {
    // Without permission, or at an address that is not safe.
    byId('copied').textContent = 'The browser does not let this page copy. Select the text below.';
    byId('command-text').textContent = text;
  }
}

byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
stop.addEventListener('click', () => running?.abort());
byId('reply-plain').addEventListener('click', () => reply(plain));
byId('reply-steered').addEventListener('click', () => reply(steered));
colour.addEventListener('change', recolour);
byId('command').addEventListener('change', showCommand);
byId('copy-command').addEventListener('click', () => void copy(command(), 'The command'));
byId('copy-link').addEventListener('click', () => {
  void copy(`${location.origin}${location.pathname}${fragmentOf(form.read())}`, 'The link');
});
byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  server.key = byId<HTMLInputElement>('key').value;
  connect().catch((error: unknown) => say(wordsOf(error)));
});
watchForTraces((message) => say(message));
watchOwnValues(server, async (name) => {
  await connect();
  form.write({ weights: { ...form.read().weights, [name]: OWN_WEIGHT } });
});

for (const [id, margin] of [
  ['key-other', -2],
  ['key-desired', 2],
] as const) {
  for (const [name, value] of Object.entries(shadeStyle(margin))) byId(id).style.setProperty(name, value);
}
const linked = settingsOfFragment(location.hash);
form.write(linked);
// The key is for this tab alone: it leaves the address.
if (keyOfFragment(location.hash) !== undefined) history.replaceState(null, '', location.pathname);
connect()
  .then(async () => (linked.prompt === undefined ? undefined : write(form.read())))
  .catch((error: unknown) => say(wordsOf(error)));
