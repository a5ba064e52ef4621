import { Ajv2020 } from 'ajv/dist/2020.js';
import * as formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createHalfspace,
  defineAttribute,
  type Completion,
  type DecodeOptions,
  type GenerateOptions,
  isHalfspaceError,
  type MaskFilter,
  type TokenMasks,
  wordFilter,
} from '@halfspace/core';
import { createToyBackend } from '@halfspace/core/testing';
import { grammarFilter, jsonSchemaFilter } from './index.js';
import { createMatcherClient, type MatcherClient } from './masks/matcher-client.js';
import { vocabularyOf } from './masks/vocabulary.js';
import { randomSchema, type Random } from './testing/random-schema.js';

const encode = (value: string) => new TextEncoder().encode(value);

/** Every byte, tokens that split characters, tokens of several JSON parts, a control token and two end tokens. */
const VOCABULARY = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...[
    '{"',
    '": "',
    '", "',
    '"}',
    'true',
    'null',
    '[1, ',
    ']}',
    '  ',
    '\n  ',
    'é"',
    'abc',
    '2024-',
    '": {',
    '": [',
    'yes',
    ', ',
  ].map(encode),
  encode('é').subarray(1),
  Uint8Array.of(0x22, 0xc3),
  new Uint8Array(),
  new Uint8Array(),
];
const CONTROL = VOCABULARY.length - 2;

const kind = defineAttribute({
  name: 'kind',
  description: 'a test',
  subspaces: [
    {
      model: 'toy-fingerprint',
      layers: [1],
      direction: Float32Array.of(1, 0, 0, 0),
      offset: 0,
      calibration: { slope: 2, intercept: 0 },
    },
  ],
});
const second = defineAttribute({
  ...kind,
  name: 'second',
  subspaces: kind.subspaces.map((each) => ({ ...each, direction: Float32Array.of(0, 1, 0, 0) })),
});
const written = defineAttribute({
  name: 'written',
  description: 'a test',
  score: async ({ prefix, candidates }) => candidates.map(({ text }) => ((prefix + text).length % 3) - 1),
});

type Name = 'kind' | 'second' | 'written';

/** Schemas with three completions each; `npm run structures` takes more. */
const SCHEMAS = Number(process.env['HALFSPACE_SCHEMAS'] ?? 18);

/** Whether it reports how far it is. */
const IS_LONG = process.env['HALFSPACE_SCHEMAS'] !== undefined;

/** Every way to steer. */
const MODES: readonly DecodeOptions<Name>[] = [
  {},
  { weights: { kind: 2, second: -1, written: 1 } },
  { weights: { kind: 9, second: 3 }, control: { mode: 'kl-budget', nats: 0.3 } },
  { control: { mode: 'constraints', constraints: [{ kind: 'at-least', attribute: 'kind', margin: 1 }] } },
  { weights: { kind: 1 }, redraw: { ifMeanBelow: { kind: 0.2 }, maxAttempts: 3 } },
  { formula: 'min(kind, second)' },
  { weights: { kind: 2 }, temperature: 0, repetitionPenalty: 1.1 },
  { topK: 0, topP: 1 },
  { topK: 3, filters: [wordFilter(['abc'])], trace: true },
];

function setUp() {
  const backend = createToyBackend({ vocabulary: VOCABULARY, contextLength: 400, endLogit: 2 });
  return { backend, create: async () => createHalfspace({ backend, attributes: [kind, second, written] }) };
}

async function open() {
  const { create, backend } = setUp();
  return { halfspace: await create(), backend };
}

/** Numbers from 0 to 1 by a seed (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What is wrong with a completion as a document of a schema; undefined where nothing is. */
function faultOf(
  { text, isComplete, finishReason, error }: Completion,
  isValid: (document: unknown) => boolean,
): string | undefined {
  if (error !== undefined) return `${error.message} after ${text}`;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    if (isComplete === true || finishReason === 'end') return `does not parse: ${text}`;
    return undefined;
  }
  // The beginning of a number is a number, which may not be valid yet.
  if (isComplete !== true) return finishReason === 'end' ? `ended before its end: ${text}` : undefined;
  return isValid(document) ? undefined : `is not valid: ${text}`;
}

/** What is wrong with completions of a random schema, how many are whole, and whether the schema is refused. */
async function tryOne(seed: number, { halfspace, backend }: Awaited<ReturnType<typeof open>>) {
  const found = { faults: [] as string[], whole: 0, cut: 0, refused: 0 };
  const schema = randomSchema(randomOf(seed), 2);
  let filter: MaskFilter;
  try {
    filter = jsonSchemaFilter(schema);
  } catch {
    return { ...found, refused: 1 };
  }
  const ajv = new Ajv2020({ strict: false });
  formats.default.default(ajv as never);
  const isValid = ajv.compile(schema) as (document: unknown) => boolean;
  const mode = MODES[seed % MODES.length];
  const filters = [filter, ...(mode.filters ?? [])];
  const request = { prompt: 'a', samples: 3, maxTokens: 60, seed, ...mode, filters };
  let masks: TokenMasks;
  try {
    masks = await filter.openMasks(backend.tokenizer);
  } catch (error) {
    // To compile one takes as long as the machine is busy, and there is a limit.
    if (isHalfspaceError(error, 'grammar-too-large')) return { ...found, refused: 1 };
    throw error;
  }
  for (const completion of await halfspace.generate(request as GenerateOptions<Name>)) {
    // A word filter may leave a structure no way on.
    if (completion.error?.code === 'no-candidate-left' && mode.filters !== undefined) continue;
    const { text } = completion;
    const isWhole = completion.isComplete === true;
    found[isWhole ? 'whole' : 'cut']++;
    const fault = faultOf(completion, isValid);
    if (fault !== undefined) found.faults.push(`${seed} ${fault}`);
    // What was cut off is a beginning: something follows it.
    else if (!isWhole && (masks.isComplete(text) || !masks.after({ begun: text, tokens: [] }).some(Boolean)))
      found.faults.push(`${seed} is no beginning: ${text}`);
  }
  masks.release();
  return found;
}

/** Schemas whose completions are written together. */
const TOGETHER = 6;

describe('documents of a JSON Schema', () => {
  it('parse and are valid, whatever the schema and however it is steered', async () => {
    const opened = await open();
    const total = { whole: 0, cut: 0, refused: 0 };
    for (let first = 1; first <= SCHEMAS; first += TOGETHER) {
      const seeds = Array.from({ length: Math.min(TOGETHER, SCHEMAS + 1 - first) }, (_, i) => first + i);
      for (const { faults, ...counts } of await Promise.all(
        seeds.map(async (seed) => tryOne(seed, opened)),
      )) {
        expect(faults).toEqual([]);
        for (const name of ['whole', 'cut', 'refused'] as const) total[name] += counts[name];
      }
      if (IS_LONG && first % 60 === 1)
        process.stderr.write(`${JSON.stringify({ schemas: first - 1 + seeds.length, ...total })}
`);
    }
    expect(total.whole).toBeGreaterThan(SCHEMAS * 0.8);
    expect(total.refused).toBeLessThan(SCHEMAS * 0.4);
  });

  it('are the same alone and beside others, after others were given up', async () => {
    const { create, backend } = setUp();
    const halfspace = await create();
    const filter = jsonSchemaFilter({
      type: 'object',
      properties: { a: { type: 'string', maxLength: 3 }, b: { enum: [1, 2] } },
      required: ['a', 'b'],
    });
    const options = {
      prompt: 'x',
      samples: 5,
      maxTokens: 40,
      seed: 9,
      filters: [filter],
      weights: { kind: 2 },
    };
    const alone = await halfspace.generate(options);
    for await (const { type } of halfspace.stream({ ...options, prompt: 'left' })) if (type === 'text') break;
    const [again] = await Promise.all([
      halfspace.generate(options),
      halfspace.generate({ ...options, prompt: 'y' }),
      halfspace.generate({
        ...options,
        filters: [grammarFilter('root ::= "yes" root | "no"')],
      }),
    ]);
    expect(again.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
    expect(backend.open).toBe(0);
  });

  it('cut off are told apart from whole ones', async () => {
    const halfspace = await setUp().create();
    const filters = [
      jsonSchemaFilter({ type: 'object', properties: { a: { const: 'abc' } }, required: ['a'] }),
    ];
    const cut = await halfspace.complete({ prompt: 'a', maxTokens: 3, filters });
    expect(cut).toMatchObject({ finishReason: 'length', isComplete: false });
    const whole = await halfspace.complete({ prompt: 'a', maxTokens: 100, filters });
    expect(whole).toMatchObject({ finishReason: 'end', isComplete: true });
    const stopped = await halfspace.complete({ prompt: 'a', maxTokens: 100, stop: ['bc'], filters });
    expect(stopped).toMatchObject({ finishReason: 'stop', isComplete: false });
    expect(stopped.text).toMatch(/"a$/);
  });

  it('go on from a begun turn, or are refused where it begins none', async () => {
    const halfspace = await setUp().create();
    const filters = [jsonSchemaFilter({ const: { a: 1 } })];
    const messages = (content: string) => [
      { role: 'user', content: 'q' } as const,
      { role: 'assistant', content } as const,
    ];
    expect(await halfspace.complete({ messages: messages('{"a'), filters })).toMatchObject({
      text: '":1}',
      isComplete: true,
    });
    const [{ error }] = await halfspace.generate({ messages: messages('Well'), filters });
    expect(error).toMatchObject({
      code: 'no-candidate-left',
      message: expect.stringContaining('turn that was begun'),
    });
  });
});

describe('texts of a grammar', () => {
  it('have its characters, however tokens split them, and no control tokens', async () => {
    const halfspace = await setUp().create();
    const filters = [grammarFilter('root ::= ("é" | "ü" | [α-ω]){3,5} " " [^a-z]')];
    for (const { text, isComplete, tokens } of await halfspace.generate({
      prompt: 'a',
      samples: 6,
      filters,
      topK: 0,
      topP: 1,
    })) {
      expect(text).toMatch(/^[éüα-ω]{3,5} [^a-z]$/u);
      expect(isComplete).toBe(true);
      expect(tokens).not.toContain(CONTROL);
    }
  });

  it('may be recursive', async () => {
    const halfspace = await setUp().create();
    const filters = [grammarFilter('root ::= "(" root? ")" | "x"  # balanced')];
    for (const { text, isComplete } of await halfspace.generate({
      prompt: 'a',
      samples: 6,
      maxTokens: 200,
      filters,
    })) {
      const opened = text.split('(').length;
      expect(text).toMatch(/^\(*x?\)*$/);
      if (isComplete === true) expect(text.split(')').length).toBe(opened);
    }
  });
});

describe('what takes too long or too much', () => {
  const vocabulary = vocabularyOf(createToyBackend({ vocabulary: VOCABULARY }).tokenizer);
  const clients: MatcherClient[] = [];
  const client = (limits: Partial<Parameters<typeof createMatcherClient>[1]>) => {
    const made = createMatcherClient(vocabulary, {
      compileMs: 60_000,
      maskMs: 60_000,
      maxBytes: 2 ** 30,
      ...limits,
    });
    clients.push(made);
    return made;
  };
  beforeAll(() => expect(vocabulary.ends.length).toBe(VOCABULARY.length));
  afterAll(() => clients.forEach((each) => each.end()));

  const NESTED = 'root ::= ((("a" b){0,300} "c" b){0,300} "d"){0,300}\nb ::= "b" | "x" b\n';

  it('is stopped while it is compiled, and nobody waits for it meanwhile', async () => {
    const slow = client({ compileMs: 400 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await expect(slow.compile(NESTED)).rejects.toThrow(
      expect.objectContaining({ code: 'grammar-too-large' }),
    );
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
    expect(slow.isDead).toBe(true);
  });

  it('is refused where it needs more memory', async () => {
    const large = client({ maxBytes: 20 * 2 ** 20 });
    await expect(large.compile(NESTED)).rejects.toThrow(/more than 20 MB of memory/);
  });

  it('is stopped while masks are made', async () => {
    const slow = client({ maskMs: 0 });
    await slow.compile('root ::= "a"\n');
    expect(() => slow.ask({ kind: 'after', begun: '', tokens: Int32Array.of() })).toThrow(
      expect.objectContaining({ code: 'grammar-too-large' }),
    );
    expect(() => slow.ask({ kind: 'after', begun: '', tokens: Int32Array.of() })).toThrow(/has ended/);
  });

  it('says what the library finds wrong', async () => {
    await expect(client({}).compile('root ::= (')).rejects.toThrow(
      expect.objectContaining({ code: 'bad-grammar' }),
    );
  });
});
