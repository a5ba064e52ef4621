import { expect, it } from 'vitest';
import { createHalfspace } from '../plugins/container.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend, toyLogits, TOY_VOCABULARY } from '../testing/toy-backend.js';
import type { StreamEvent } from './completion.js';

const END = 1.2;
const attributes = [toyAttribute('kind', 0), toyAttribute('calm', 1)];
const options = { prompt: 'ab', samples: 9, maxTokens: 8, weights: { kind: 2 }, measure: ['calm'] } as const;

async function eventsOf(more: object, endLogit = END): Promise<StreamEvent[]> {
  const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit }), attributes });
  const events: StreamEvent[] = [];
  for await (const event of halfspace.stream({ ...options, ...more })) events.push(event);
  return events;
}

const ofType = <T extends StreamEvent['type']>(events: readonly StreamEvent[], type: T) =>
  events.filter((event): event is Extract<StreamEvent, { type: T }> => event.type === type);

it('a stream reports each token with its figures where that is asked for, and is the same otherwise', async () => {
  const plain = await eventsOf({});
  expect(ofType(plain, 'token')).toEqual([]);
  const events = await eventsOf({ streamTokens: true });
  const words = (all: readonly StreamEvent[]) =>
    ofType(all, 'text').map(({ sample, text }) => [sample, text]);
  expect(words(events)).toEqual(words(plain));
  for (const { completion } of ofType(events, 'completion')) {
    const own = ofType(events, 'token').filter(({ sample }) => sample === completion.sample);
    expect(own.map(({ token }) => token)).toEqual(completion.tokens);
    expect(own.map(({ text }) => text)).toEqual(completion.tokenTexts);
    expect(own.map(({ logprob }) => logprob)).toEqual(completion.tokenLogprobs);
    expect(own.at(-1)).toMatchObject({ kl: completion.kl, evaluations: completion.evaluations });
    const ended = completion.finishReason === 'end';
    for (const name of ['kind', 'calm'] as const) {
      const margins = own.slice(0, ended ? -1 : undefined).map((each) => each.margins[name]);
      if (margins.length > 0) expect(Math.min(...margins)).toBe(completion.margins[name].min);
    }
    expect(own[0]).not.toHaveProperty('topLogprobs');
  }
  expect(ofType(events, 'completion').some(({ completion }) => completion.finishReason === 'end')).toBe(true);
});

it('a token comes before its text, and tokens of attempts that are not kept do not come', async () => {
  const redraw = { ifMeanBelow: { calm: 50 }, maxAttempts: 3 };
  const events = await eventsOf({ samples: 1, streamTokens: true, redraw }, -99);
  const [{ completion }] = ofType(events, 'completion');
  expect(completion.attempts).toBe(3);
  expect(ofType(events, 'token').map(({ token }) => token)).toEqual(completion.tokens);
  const first = events.findIndex(({ type }) => type === 'text');
  expect(events[first - 1]).toMatchObject({ type: 'token', text: (events[first] as { text: string }).text });
});

it.each([1, 3, 20])('gives the %i tokens that the model itself finds most probable', async (topLogprobs) => {
  const steered = { topLogprobs, topK: 2, temperature: 2, logitBias: { 1: 5 }, repetitionPenalty: 1.2 };
  const events = await eventsOf({ ...steered, streamTokens: true });
  const without = await eventsOf({ ...steered, topLogprobs: 0, streamTokens: true });
  const completions = ofType(events, 'completion').map(({ completion }) => completion);
  expect(completions.map(({ tokens }) => tokens)).toEqual(
    ofType(without, 'completion').map(({ completion }) => completion.tokens),
  );
  for (const { sample, tokens, tokenLogprobs, topLogprobs: top = [] } of completions) {
    expect(top).toHaveLength(tokens.length);
    expect(
      ofType(events, 'token').flatMap((each) => (each.sample === sample ? [each.topLogprobs] : [])),
    ).toEqual(top);
    const text = [0, 1];
    tokens.forEach((token, i) => {
      const logits = toyLogits(text, END);
      const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
      const best = [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, topLogprobs);
      expect(top[i].map((each) => each.token)).toEqual(best);
      top[i].forEach((each) => {
        expect(each.logprob).toBeCloseTo(logits[each.token] - sum, 12);
        expect(each.text).toBe(each.token === 8 ? '' : TOY_VOCABULARY[each.token]);
        if (each.token === token) expect(each.logprob).toBe(tokenLogprobs[i]);
      });
      text.push(token);
    });
  }
});
