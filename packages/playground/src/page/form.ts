import { part } from '../parts/part.js';
import { byId, fill } from './dom.js';
import type { Value } from './server.js';
import type { Message, Settings } from './settings.js';

/** The form: all that a text depends on. */
export interface Form {
  /** What it says. */
  read(): Settings;
  /** Has it say something else; what is left out stays. */
  write(changes: Partial<Settings>): void;
  /** Gives it a slider for each value, and the presets. */
  offer(values: readonly Value[], presets: readonly string[]): void;
}

/** Weights of a value that nobody has moved: the first steers, so that there is something to see. */
const FIRST_WEIGHT = 2;
const LARGEST = 8;
const NUMBERS = { seed: 'seed', maxTokens: 'tokens', temperature: 'temperature' } as const;

/**
 * Finds the form on the page.
 *
 * @param onChange - Told whenever it says something else.
 */
export function createForm(onChange: () => void): Form {
  let weights: Record<string, number> = {};
  let turns: readonly Message[] = [];
  let begun = '';
  let touched = false;
  const field = (id: string) => byId<HTMLInputElement>(id);
  const preset = byId<HTMLSelectElement>('preset');
  const isChat = () => document.querySelector<HTMLInputElement>('input[name=mode]:checked')?.value === 'chat';

  function show(): void {
    const chat = isChat();
    byId('system-row').hidden = !chat;
    byId('prompt-label').textContent = chat ? 'Message' : 'Beginning of a text';
    fill(
      byId('turns'),
      ...(chat ? turns : []).map(({ role, content }) =>
        part('li', {}, `${role === 'user' ? 'You' : 'Model'}: ${content}`),
      ),
    );
    byId('drop-turns').hidden = !chat || turns.length === 0;
    byId('begun-row').hidden = begun === '';
    byId('begun').textContent = JSON.stringify(begun);
    for (const [name, weight] of Object.entries(weights)) {
      for (const input of inputsOf(name)) if (Number(input.value) !== weight) input.value = String(weight);
    }
  }

  function inputsOf(name: string): HTMLInputElement[] {
    return [...byId('sliders').querySelectorAll<HTMLInputElement>('input')].filter(
      ({ dataset }) => dataset['value'] === name,
    );
  }

  byId('sliders').addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.value === '') return;
    const { value: name = '' } = target.dataset;
    weights = { ...weights, [name]: Number(target.value) };
    touched = true;
    for (const input of inputsOf(name)) if (input !== target) input.value = target.value;
  });
  byId('ask').addEventListener('input', ({ target }) => {
    // Another prompt has another beginning.
    if (target instanceof Element && target.matches('#prompt, #system, [name=mode]')) begun = '';
    show();
    onChange();
  });
  byId('reseed').addEventListener('click', () => {
    field('seed').value = String(Math.floor(Math.random() * 1e6));
    onChange();
  });
  byId('drop-turns').addEventListener('click', () => {
    [turns, begun] = [[], ''];
    show();
    onChange();
    byId('prompt').focus();
  });
  byId('drop-begun').addEventListener('click', () => {
    begun = '';
    show();
    onChange();
    byId('prompt').focus();
  });

  return {
    read: () => ({
      mode: isChat() ? 'chat' : 'completion',
      prompt: field('prompt').value,
      system: field('system').value,
      turns,
      begun,
      weights,
      preset: preset.value,
      seed: Number(field('seed').value),
      maxTokens: Number(field('tokens').value),
      temperature: Number(field('temperature').value),
    }),
    write(changes) {
      if (changes.mode !== undefined) {
        for (const input of document.querySelectorAll<HTMLInputElement>('input[name=mode]')) {
          input.checked = input.value === changes.mode;
        }
      }
      if (changes.prompt !== undefined) field('prompt').value = changes.prompt;
      if (changes.system !== undefined) field('system').value = changes.system;
      for (const [name, id] of Object.entries(NUMBERS)) {
        const value = changes[name as keyof typeof NUMBERS];
        if (value !== undefined) field(id).value = String(value);
      }
      turns = changes.turns ?? turns;
      begun = changes.begun ?? begun;
      if (changes.weights !== undefined) {
        touched = true;
        weights = {
          ...Object.fromEntries(Object.keys(weights).map((name) => [name, 0])),
          ...changes.weights,
        };
      }
      if (changes.preset !== undefined) {
        if (![...preset.options].some(({ value }) => value === changes.preset)) {
          preset.append(new Option(changes.preset, changes.preset));
        }
        preset.value = changes.preset;
      }
      show();
      onChange();
    },
    offer(values, presets) {
      const first = touched ? {} : { [values[0]?.name ?? '']: FIRST_WEIGHT };
      weights = Object.fromEntries(values.map(({ name }) => [name, weights[name] ?? first[name] ?? 0]));
      fill(byId('sliders'), ...values.map(sliderPart));
      if (values.length === 0)
        fill(
          byId('sliders'),
          part(
            'p',
            { class: 'nothing' },
            'The server has no value that can be read off its model. Start it with --attribute.',
          ),
        );
      const chosen = preset.value;
      fill(
        preset,
        part('option', { value: 'none' }, 'as the sliders say'),
        ...presets.map((name) => part('option', { value: name }, name)),
      );
      if (chosen !== 'none' && !presets.includes(chosen)) preset.append(new Option(chosen, chosen));
      preset.value = chosen;
      show();
      onChange();
    },
  };

  function sliderPart({ name, description }: Value, index: number) {
    const id = `value-${index}`;
    const both = { 'data-value': name, step: 0.25, value: weights[name], autocomplete: 'off' };
    return part(
      'div',
      { class: 'value' },
      part('label', { for: id }, name),
      part('input', {
        ...both,
        id,
        type: 'range',
        min: -LARGEST,
        max: LARGEST,
        'aria-describedby': `${id}-hint`,
      }),
      part('input', { ...both, step: 'any', type: 'number', 'aria-label': `${name}, nats` }),
      part('p', { class: 'hint', id: `${id}-hint` }, description),
    );
  }
}
