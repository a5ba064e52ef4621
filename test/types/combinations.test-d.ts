import type {
  AnyGenerateOptions,
  BonusKind,
  Control,
  DecodeOptions,
  GenerateOptions,
  Halfspace,
} from '@halfspace/core';
import { expectTypeOf, test } from 'vitest';

// Row by row what docs/combinations.md says, as far as types can tell.

declare const both: Halfspace<'nontoxic' | 'helpful'>;
declare const any: Halfspace;
declare const sometimes: boolean;

const prompt = 'a';
const formula = '2*min(nontoxic, 1)';
const penalty = { mode: 'penalty' } as const;
const budget = { mode: 'kl-budget', nats: 1 } as const;
const constraints = {
  mode: 'constraints',
  constraints: [{ kind: 'keep', attribute: 'helpful' }],
} as const;

test('nothing, or weights of 0', () => {
  for (const control of [penalty, constraints]) {
    void both.generate({ prompt, control });
    void both.generate({ prompt, control, weights: { nontoxic: 0 } });
    void both.generate({ prompt, control, cap: 1 });
  }
  // @ts-expect-error
  void both.generate({ prompt, control: budget });
  // @ts-expect-error
  void both.generate({ messages: [{ role: 'user', content: prompt }], control: budget });
  // @ts-expect-error
  void both.complete({ prompt, control: budget });
  // @ts-expect-error
  void both.stream({ prompt, control: budget });
  // @ts-expect-error
  void any.generate({ prompt, control: budget });
  // @ts-expect-error
  void both.generate({ prompt, control: budget, bonus: 'softmax' });
  // @ts-expect-error
  const decoding: DecodeOptions = { control: budget };
  void decoding;
});

test('weights', () => {
  for (const control of [penalty, budget, constraints]) {
    void both.generate({ prompt, control, weights: { nontoxic: 2, helpful: '4 - progress' } });
    void both.generate({ prompt, control, weights: { nontoxic: 2 }, cap: 1, bonus: 'margin' });
    void both.generate({ prompt, control, weights: { nontoxic: { weight: 2, cap: Infinity } } });
    void both.generate({ prompts: [{ text: prompt, weights: { nontoxic: 2 } }], control });
    void both.complete({ prompt, control, weights: { nontoxic: 2 } });
    void any.generate({ prompt, control, weights: { nontoxic: 2 } });
  }
});

test('weights, bonus softmax', () => {
  const steered = { prompt, weights: { nontoxic: 2 }, bonus: 'softmax' } as const;
  for (const control of [penalty, budget]) {
    void both.generate({ ...steered, control });
    void both.generate({ ...steered, control, weights: { nontoxic: { weight: '4 - progress' } } });
    void both.generate({ prompts: [{ text: prompt, weights: { nontoxic: 2 } }], bonus: 'softmax', control });
  }
  // @ts-expect-error
  void both.generate({ prompt, weights: { nontoxic: 2 }, bonus: 'softmax', control: constraints });
  // @ts-expect-error
  void both.generate({ prompt, weights: { nontoxic: 2 }, bonus: 'softmax', cap: 1 });
  // @ts-expect-error
  void both.generate({ prompt, weights: { nontoxic: { weight: 2, cap: 1 } }, bonus: 'softmax' });
  // @ts-expect-error
  void both.complete({ prompt, weights: { nontoxic: 2 }, bonus: 'softmax', cap: 1 });
  // @ts-expect-error
  void any.generate({ prompt, weights: { nontoxic: 2 }, bonus: 'softmax', cap: 1 });
});

test('a formula, and weights of 0', () => {
  for (const control of [penalty, budget, constraints]) {
    void both.generate({ prompt, control, formula });
    void both.generate({ prompt, control, formula, bonus: 'margin' });
    void both.generate({ prompt, control, formula, weights: {} });
    void both.generate({ prompt, control, formula, weights: { nontoxic: 0, helpful: { weight: 0 } } });
    void any.generate({ prompt, control, formula, weights: { nontoxic: 0 } });
  }
  // @ts-expect-error
  void both.generate({ prompt, formula, cap: 1 });
  // @ts-expect-error
  void both.generate({ prompt, formula, weights: { nontoxic: { weight: 0, cap: 1 } } });
  // @ts-expect-error
  void both.complete({ prompt, formula, cap: 1 });
});

test('a formula, and other weights', () => {
  // @ts-expect-error
  void both.generate({ prompt, formula, weights: { nontoxic: 2 } });
  // @ts-expect-error
  void both.generate({ prompt, formula, weights: { nontoxic: '4 - progress' } });
  // @ts-expect-error
  void both.generate({ prompt, formula, weights: { nontoxic: { weight: 2 } } });
  // @ts-expect-error
  void both.generate({ prompt, formula, weights: { nontoxic: 2 }, control: budget });
  // @ts-expect-error
  void both.generate({ prompt, formula, weights: { nontoxic: 2 }, control: constraints });
  // @ts-expect-error
  void any.generate({ prompt, formula, weights: { nontoxic: 2 } });
});

test('a formula, bonus softmax', () => {
  // @ts-expect-error
  void both.generate({ prompt, formula, bonus: 'softmax' });
  // @ts-expect-error
  void both.generate({ prompt, formula, bonus: 'softmax', control: budget });
  // @ts-expect-error
  void both.generate({ prompt, formula, bonus: 'softmax', control: constraints });
});

test('redraw and temperature go with every row', () => {
  const added = { prompt, temperature: 0, redraw: { ifMeanBelow: { helpful: 0 }, maxAttempts: 2 } } as const;
  void both.generate({ ...added });
  void both.generate({ ...added, weights: { nontoxic: 2 } });
  void both.generate({ ...added, weights: { nontoxic: 2 }, bonus: 'softmax' });
  void both.generate({ ...added, formula });
});

test('options that are put together compile where all that they may be is meaningful', () => {
  const bonus = 'margin' as BonusKind;
  const control = penalty as Control<'helpful'>;
  void both.generate({ prompt, weights: { nontoxic: 2 }, bonus });
  void both.generate({ prompt, weights: { nontoxic: 2 }, control });
  void both.generate({ prompt, weights: { nontoxic: 2 }, ...(sometimes && { control: budget }) });
  void both.generate({ prompt, weights: { nontoxic: 2 }, ...(sometimes && { cap: 1 }) });
  void both.generate({ prompt, weights: { nontoxic: 2 }, ...(sometimes && { bonus: 'softmax' as const }) });
  void both.generate({ prompt, ...(sometimes && { formula }) });
  void both.generate({ prompt, ...(sometimes ? { formula } : { weights: { nontoxic: 2 } }), control });
  // @ts-expect-error
  void both.generate({ prompt, weights: { nontoxic: 2 }, bonus, control });
  // @ts-expect-error
  void both.generate({ prompt, control });
});

test('parts of options are options, and all of them can be had unchecked', () => {
  const decoding = {} as DecodeOptions<'nontoxic'>;
  void both.generate({ ...decoding, prompt });
  expectTypeOf<DecodeOptions>().toExtend<AnyGenerateOptions>();
  expectTypeOf<GenerateOptions>().toExtend<AnyGenerateOptions>();
  expectTypeOf<AnyGenerateOptions>().not.toExtend<GenerateOptions>();
  const composed: AnyGenerateOptions<'nontoxic'> = { prompt, formula, weights: { nontoxic: 2 } };
  void both.generate(composed as GenerateOptions<'nontoxic'>);
});
