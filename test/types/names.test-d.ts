import {
  type Attribute,
  type Backend,
  type Completion,
  checkRequest,
  createHalfspace,
  defineAttribute,
  definePluginModule,
  type GenerateOptions,
  type Halfspace,
  type LinearAttribute,
  type PluginModule,
  PRESETS,
  type ScoringAttribute,
  tuneWeights,
} from '@halfspace/core';
import { measureFrontier } from '@halfspace/evaluate';
import { evaluateAttributes } from '@halfspace/subspace';
import { expectTypeOf, test } from 'vitest';

declare const backend: Backend;
declare const anyName: string;
declare const linear: { readonly description: string; readonly subspaces: [] };
const nontoxic = defineAttribute({ ...linear, name: 'nontoxic' });
const helpful = defineAttribute({ name: 'helpful', description: 'a test', score: () => [] });
declare const both: Halfspace<'nontoxic' | 'helpful'>;

/** What `createHalfspace` makes, awaited or not. */
type Made<Create extends (...given: never[]) => unknown> = Awaited<ReturnType<Create>>;

test('an attribute keeps the name that it is defined with', () => {
  expectTypeOf(nontoxic).toEqualTypeOf<LinearAttribute<'nontoxic'>>();
  expectTypeOf(helpful).toEqualTypeOf<ScoringAttribute<'helpful'>>();
  const ofAnyName = defineAttribute({ ...linear, name: anyName });
  expectTypeOf(ofAnyName).toEqualTypeOf<LinearAttribute>();
  expectTypeOf(nontoxic).toExtend<Attribute>();
});

test('the names of attributes are those of what is made of them', () => {
  const ofList = () => createHalfspace({ backend, attributes: [nontoxic, helpful] });
  expectTypeOf<Made<typeof ofList>>().toEqualTypeOf<Halfspace<'nontoxic' | 'helpful'>>();
  const attributes = [nontoxic, helpful];
  const ofVariable = () => createHalfspace({ backend, attributes });
  expectTypeOf<Made<typeof ofVariable>>().toEqualTypeOf<Halfspace<'nontoxic' | 'helpful'>>();
  const ofNone = () => createHalfspace({ backend });
  expectTypeOf<Made<typeof ofNone>>().toEqualTypeOf<Halfspace<never>>();
});

test('a plain list, and modules, may have attributes of any name', () => {
  const list: Attribute[] = [nontoxic, helpful];
  const ofList = () => createHalfspace({ backend, attributes: list });
  expectTypeOf<Made<typeof ofList>>().toEqualTypeOf<Halfspace>();
  const ofSome = () => createHalfspace({ backend, attributes: [nontoxic, ...list] });
  expectTypeOf<Made<typeof ofSome>>().toEqualTypeOf<Halfspace>();
  const modules: PluginModule[] = [definePluginModule({ name: 'own', bind: () => undefined })];
  const withModules = () => createHalfspace({ backend, attributes: [nontoxic], modules });
  expectTypeOf<Made<typeof withModules>>().toEqualTypeOf<Halfspace>();
  expectTypeOf<GenerateOptions['weights']>().toExtend<Readonly<Record<string, unknown>> | undefined>();
});

test('who takes any attributes takes known ones', () => {
  expectTypeOf<Halfspace<'nontoxic' | 'helpful'>>().toExtend<Halfspace>();
  expectTypeOf<Halfspace<never>>().toExtend<Halfspace>();
  expectTypeOf<Completion<'nontoxic'>>().toExtend<Completion>();
  expectTypeOf<Halfspace>().not.toExtend<Halfspace<'nontoxic'>>();
  const weights: Record<string, number> = {};
  void both.generate({ prompt: 'a', weights });
});

test('a misspelt name in the options is an error', () => {
  void both.generate({ prompt: 'a', weights: { nontoxic: 2, helpful: '4 - progress' } });
  // @ts-expect-error
  void both.generate({ prompt: 'a', weights: { nontoxc: 2 } });
  // @ts-expect-error
  void both.complete({ prompt: 'a', weights: { nontoxc: 2 } });
  // @ts-expect-error
  void both.stream({ prompt: 'a', weights: { nontoxc: 2 } });
  // @ts-expect-error
  void both.generate({ prompts: [{ text: 'a', weights: { nontoxc: 2 } }] });

  void both.generate({ prompt: 'a', measure: ['nontoxic'] });
  // @ts-expect-error
  void both.generate({ prompt: 'a', measure: ['nontoxc'] });

  const kept = <const Name extends string>(attribute: Name) =>
    ({ mode: 'constraints', constraints: [{ kind: 'keep', attribute }] }) as const;
  void both.generate({ prompt: 'a', control: kept('helpful') });
  // @ts-expect-error
  void both.generate({ prompt: 'a', control: kept('helpfull') });

  void both.generate({ prompt: 'a', redraw: { ifMeanBelow: { nontoxic: 0 }, maxAttempts: 2 } });
  // @ts-expect-error
  void both.generate({ prompt: 'a', redraw: { ifMeanBelow: { nontoxc: 0 }, maxAttempts: 2 } });

  void both.score({ response: 'a', measure: ['helpful'] });
  // @ts-expect-error
  void both.score({ response: 'a', measure: ['helpfull'] });
});

test('where there are no attributes there are no weights', () => {
  const none = {} as Halfspace<never>;
  void none.generate({ prompt: 'a', weights: {} });
  // @ts-expect-error
  void none.generate({ prompt: 'a', weights: { nontoxic: 2 } });
});

test('what is found is found by name', async () => {
  const completion = await both.complete({ prompt: 'a', weights: { nontoxic: 2 }, trace: true });
  expectTypeOf(completion.margins.nontoxic.mean).toBeNumber();
  expectTypeOf(completion.trace?.[0].before.helpful).toEqualTypeOf<number | undefined>();
  // @ts-expect-error
  void completion.margins.nontoxc;
  const score = await both.score({ response: 'a', measure: ['nontoxic'] });
  expectTypeOf(score.margins.nontoxic.last).toBeNumber();
  expectTypeOf(score.probability.nontoxic).toBeNumber();
  // @ts-expect-error
  void score.probability.nontoxc;
  for await (const event of both.stream({ prompt: 'a' })) {
    if (event.type === 'completion')
      expectTypeOf(event.completion).toEqualTypeOf<Completion<'nontoxic' | 'helpful'>>();
  }
});

test('what is measured of subspaces has their names', async () => {
  const { attributes } = await evaluateAttributes(backend, [nontoxic], []);
  expectTypeOf(attributes[0].attribute).toEqualTypeOf<'nontoxic'>();
  void checkRequest({ prompt: 'a', weights: { nontoxic: 1, helpful: 1 } }, [nontoxic, helpful]);
  // @ts-expect-error
  void checkRequest({ prompt: 'a', weights: { nontoxc: 1 } }, [nontoxic, helpful]);
});

test('so is what is tuned, and what it is tuned for', async () => {
  const prompts = ['a'];
  const tuned = await tuneWeights(both, {
    prompts,
    weights: { nontoxic: 1 },
    goal: { kl: PRESETS.balanced },
  });
  expectTypeOf(tuned.weights.nontoxic).toBeNumber();
  expectTypeOf(tuned.rounds[0].margins.helpful).toBeNumber();
  void both.generate({ prompt: 'a', weights: tuned.weights });
  // @ts-expect-error
  void PRESETS.ballanced;
  // @ts-expect-error
  void tuneWeights(both, { prompts, weights: { nontoxc: 1 }, goal: { kl: 0.1 } });
  const levels = [{ attribute: 'nontoxc', kind: 'at-least', margin: 0 }] as const;
  // @ts-expect-error
  void tuneWeights(both, { prompts, weights: {}, goal: { levels } });

  const [point] = await measureFrontier(both, { prompts, weights: { nontoxic: 1 } });
  expectTypeOf(point.weights.nontoxic).toBeNumber();
  // @ts-expect-error
  void measureFrontier(both, { prompts, weights: { nontoxc: 1 } });
});
