import { describe, expect, it } from 'vitest';
import { defineAttribute } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import type { Halfspace } from '../create-halfspace.js';
import type { GenerateOptions } from '../options/options.js';
import { atOnce } from '../testing/at-once.js';
import { chiSquareDeviate } from '../testing/chi-square.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend, toyHidden, toyLogits, type ToyBackend } from '../testing/toy-backend.js';

const END_LOGIT = 0.5;
const kind = toyAttribute('kind', 0);
const toy = async (attributes = [kind, toyAttribute('calm', 1)], limits = {}) => {
  const backend = createToyBackend({ endLogit: END_LOGIT });
  return await createHalfspace({ backend, attributes, limits });
};
const open = ({ backend }: Halfspace) => (backend as ToyBackend).open;
const OPTIONS = { prompt: 'abc', maxTokens: 6, samples: 12, topK: 0, topP: 1 } as const;
const redraw = { ifMeanBelow: { kind: 0.6 }, maxAttempts: 5 };

interface Whole {
  readonly tokens: readonly number[];
  readonly probability: number;
  /** NaN where there is no text. */
  readonly mean: number;
}

/** Every completion of at most some tokens that steering by `weight` can write. */
function enumerate(before: readonly number[], longest: number, weight: number): Whole[] {
  const size = toyLogits([], 0).length;
  const margin = (tokens: readonly number[]) => kindMargin(toyHidden(tokens));
  const extend = (tokens: number[], probability: number, sum: number): Whole[] => {
    const whole = { tokens, probability, mean: sum / tokens.length };
    if (tokens.length === longest) return [whole];
    const text = [...before, ...tokens];
    const masses = toyLogits(text, END_LOGIT).map((logit, token) =>
      Math.exp(logit + weight * (token === size - 1 ? margin(text) : margin([...text, token]))),
    );
    const mass = masses.reduce((total, value) => total + value, 0);
    return masses.flatMap((value, token) => {
      const share = (probability * value) / mass;
      if (token === size - 1)
        return [{ tokens: [...tokens, token], probability: share, mean: sum / tokens.length }];
      return extend([...tokens, token], share, sum + margin([...text, token]));
    });
  };
  return extend([], 1, 0);
}

function kindMargin(hidden: readonly number[]): number {
  const [{ direction, offset, calibration }] = kind.subspaces;
  const distance = hidden.reduce((sum, value, i) => sum + value * direction[i], 0) - offset;
  return calibration.slope * distance + calibration.intercept;
}

/** Probability that a completion is kept of several attempts: of those that lack something the first that lacks least. */
function keptOf(
  { probability, mean }: Whole,
  all: readonly Whole[],
  least: number,
  attempts: number,
): number {
  const shortfall = (each: number) => (Number.isNaN(each) ? 0 : Math.max(0, least - each));
  const mass = (counts: (each: number) => boolean) =>
    all.reduce((sum, each) => sum + (counts(shortfall(each.mean)) ? each.probability : 0), 0);
  const rejected = mass((each) => each > 0);
  if (shortfall(mean) === 0) return (probability * (1 - rejected ** attempts)) / (1 - rejected);
  const atLeast = mass((each) => each >= shortfall(mean));
  const more = mass((each) => each > shortfall(mean));
  return (atLeast ** attempts - more ** attempts) * (probability / (atLeast - more));
}

describe('redraw', () => {
  it.each([
    { weight: 0, attempts: 3 },
    { weight: 1.5, attempts: 2 },
  ])('keeps completions as often as all that can be written foretells: %o', async ({ weight, attempts }) => {
    const halfspace = await toy(undefined, atOnce(500));
    const samples = 6000;
    const completions = await halfspace.generate({
      ...OPTIONS,
      maxTokens: 2,
      samples,
      cap: Infinity,
      weights: { kind: weight },
      redraw: { ifMeanBelow: { kind: 0.2 }, maxAttempts: attempts },
    });
    const all = enumerate(halfspace.backend.tokenizer.encode('abc'), 2, weight);
    const kept = all.map((each) => keptOf(each, all, 0.2, attempts));
    expect(kept.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
    const places = new Map(all.map(({ tokens }, i) => [tokens.join(), i]));
    const counts = all.map(() => 0);
    for (const { tokens } of completions) counts[places.get(tokens.join()) ?? NaN]++;
    expect(chiSquareDeviate(counts, kept)).toBeLessThan(4);
    // The same counts do not fit a draw without other attempts.
    const once = all.map(({ probability }) => probability);
    expect(chiSquareDeviate(counts, once)).toBeGreaterThan(12);
  });

  it('leaves alone what is good enough at once, and says what the others cost', async () => {
    const halfspace = await toy();
    const attributes = { kind: 1 };
    const plain = await halfspace.generate({ ...OPTIONS, weights: attributes });
    const drawn = await halfspace.generate({ ...OPTIONS, weights: attributes, redraw });
    const counts = drawn.map(({ attempts = 0 }) => attempts);
    expect(counts).toContain(1);
    expect(Math.max(...counts)).toBeGreaterThan(2);
    for (const [i, { attempts = 0, ...completion }] of drawn.entries()) {
      const before = plain[i];
      if (attempts === 1) expect({ ...completion, timing: before.timing }).toEqual(before);
      else {
        expect(before.margins['kind'].mean).toBeLessThan(0.6);
        // One without text has no mean.
        expect(completion.margins['kind'].mean).not.toBeLessThan(before.margins['kind'].mean);
        expect(completion.evaluations).toBeGreaterThan(before.evaluations);
      }
      if (attempts < redraw.maxAttempts) expect(completion.margins['kind'].mean).not.toBeLessThan(0.6);
    }
  });

  it('writes the same whatever is decoded together', async () => {
    const halfspaceOf = async (together: number) => toy(undefined, atOnce(together));
    const { prompt: _, ...rest } = OPTIONS;
    const options = {
      ...rest,
      prompts: ['abc', 'cab'],
      weights: { calm: 1 },
      redraw,
    };
    const texts = async (together: number) =>
      (await (await halfspaceOf(together)).generate(options)).map(({ tokens, attempts }) => ({
        tokens,
        attempts,
      }));
    const alone = await texts(1);
    expect(await texts(7)).toEqual(alone);
    expect(await texts(100)).toEqual(alone);
    // With all candidates run, the evaluations of all attempts are the same, too.
    const rows = async (together: number) => {
      const halfspace = await halfspaceOf(together);
      const found = await halfspace.generate({ ...options, lookAhead: 'eager' });
      expect(open(halfspace)).toBe(0);
      return found.map((each) => each.evaluations);
    };
    expect(await rows(7)).toEqual(await rows(1));
  });

  it('streams the text of the attempt that is kept, and its steps', async () => {
    const halfspace = await toy();
    const told = new Map<number, { text: string; steps: number }>();
    for await (const event of halfspace.stream({ ...OPTIONS, redraw, trace: true })) {
      const sample = event.type === 'completion' ? event.completion.sample : event.sample;
      const { text, steps } = told.get(sample) ?? { text: '', steps: 0 };
      if (event.type === 'text') told.set(sample, { text: text + event.text, steps });
      if (event.type === 'step') told.set(sample, { text, steps: steps + 1 });
      if (event.type !== 'completion') continue;
      expect(event.completion.text).toBe(text);
      expect(event.completion.trace).toHaveLength(steps);
    }
    expect(told.size).toBe(OPTIONS.samples);
    for await (const _ of halfspace.stream({ ...OPTIONS, redraw })) break;
    expect(open(halfspace)).toBe(0);
  });

  it('does not hide a completion that failed', async () => {
    const moody = defineAttribute({
      name: 'moody',
      description: 'a test',
      score: ({ prefix, candidates }) => {
        if (prefix.length > 1) throw new Error('enough');
        return candidates.map(() => -1);
      },
    });
    const halfspace = await createHalfspace({
      backend: createToyBackend({ endLogit: -9 }),
      attributes: [moody],
    });
    const [completion] = await halfspace.generate({
      prompt: 'abc',
      redraw: { ifMeanBelow: { moody: 0 }, maxAttempts: 9 },
    });
    expect(completion).toMatchObject({
      finishReason: 'error',
      attempts: 1,
      error: { code: 'attribute-failed' },
    });
  });

  it.each<[string, GenerateOptions['redraw']]>([
    ['unknown-attribute', { ifMeanBelow: { nobody: 0 }, maxAttempts: 2 }],
    ['bad-option', { ifMeanBelow: {}, maxAttempts: 2 }],
    ['bad-option', { ifMeanBelow: { kind: NaN }, maxAttempts: 2 }],
    ['bad-option', { ifMeanBelow: { kind: 0 }, maxAttempts: 2049 }],
  ])('refuses with %s: %o', async (code, wrong) => {
    await expect((await toy()).generate({ ...OPTIONS, redraw: wrong as never })).rejects.toMatchObject({
      code,
    });
  });
});
