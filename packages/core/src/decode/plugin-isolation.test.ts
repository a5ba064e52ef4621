import { describe, expect, it } from 'vitest';
import { defineAttribute, defineFilter, type HalfspaceError } from '@halfspace/contracts';
import type { Completion } from './completion.js';
import { createHalfspace } from '../plugins/container.js';
import { createToyBackend, TOY_VOCABULARY } from '../testing/toy-backend.js';

const BAD = 'bad';
const PROMPTS = ['ab', BAD, 'cde'];
const OPTIONS = { prompts: PROMPTS, maxTokens: 5, seed: 3 };

const throwing = (value: unknown) => () => {
  throw value;
};
const hostileProxy = new Proxy({}, { get: throwing(new Error('hands off')), getPrototypeOf: throwing('no') });
const longList = (length: number) =>
  new Proxy([], { get: (list, key) => (key === 'length' ? length : Reflect.get(list, key)) });

const THEN = ['th', 'en'].join('');
const thenable = (property: PropertyDescriptor) => Object.defineProperty({}, THEN, property);

/** What somebody else's code may do, and what is said of it. */
const HOSTILE: readonly [string, RegExp, () => unknown][] = [
  ['an object without anything', /it threw an object without a text\./, throwing(Object.create(null))],
  [
    'an error whose message is no text',
    /without a message/,
    throwing(Object.assign(new Error('x'), { message: 1 })),
  ],
  [
    'an error that throws when it is read',
    /whose message cannot be read/,
    throwing({
      get message(): string {
        throw new Error('no');
      },
    }),
  ],
  ['a proxy that throws when it is touched', /whose message cannot be read/, throwing(hostileProxy)],
  ['null', /it threw null/, throwing(null)],
  ['undefined', /it threw undefined/, throwing(undefined)],
  ['a symbol', /it threw Symbol\(s\)/, throwing(Symbol('s'))],
  ['a text', /: boo\./, throwing('boo')],
  ['(answers) a list of length 2^32', /gave 4294967296/, () => longList(2 ** 32)],
  ['(answers) a list of length -1', /gave -1/, () => longList(-1)],
  [
    '(answers) a list whose items throw',
    /not this one/,
    () => new Proxy([], { get: (_, key) => (key === 'length' ? 3 : throwing(new Error('not this one'))()) }),
  ],
  ['(answers) a proxy that throws', /hands off|: no\./, () => hostileProxy],
  ['(answers) bytes without a type', /and not a list/, () => new DataView(new ArrayBuffer(8))],
];

const comparable = (completions: readonly Completion[]) =>
  completions.map((each) => ({ ...each, timing: undefined, promptIndex: undefined }));

async function expectAlone(run: () => Promise<Completion[]>, code: string, message: RegExp) {
  const found = await run();
  expect(found[1]).toMatchObject({ finishReason: 'error', error: { code } });
  expect(found[1].error?.message).toMatch(message);
  expect(JSON.parse(JSON.stringify(found[1]))).toMatchObject({ error: { code } });
  return [found[0], found[2]];
}

describe('a scoring attribute that throws or answers', () => {
  const with3 = async (fault: () => unknown) => {
    const scored = defineAttribute({
      name: 'scored',
      description: 'a test',
      timeoutMs: 5000,
      score({ prompt, candidates }) {
        if (prompt === BAD) return fault() as number[];
        return candidates.map(({ token }) => token / 4);
      },
    });
    const backend = createToyBackend({ endLogit: -50 });
    const halfspace = await createHalfspace({ backend, attributes: [scored] });
    return {
      backend,
      run: async () => halfspace.generate({ ...OPTIONS, topK: 3, weights: { scored: 1 } }),
    };
  };

  it.each(HOSTILE)('%s ends its own completion and no other', async (_, message, fault) => {
    const { backend, run } = await with3(fault);
    const others = await expectAlone(run, 'attribute-failed', message);
    const healthy = await (await with3(() => [0, 0, 0])).run();
    expect(comparable(others)).toEqual(comparable([healthy[0], healthy[2]]));
    expect(backend.open).toBe(0);
  });

  const thenables: [string, RegExp, () => unknown][] = [
    ['whose `then` throws', /no then/, () => thenable({ value: throwing(new Error('no then')) })],
    ['that throws when `then` is read', /no then/, () => thenable({ get: throwing(new Error('no then')) })],
    [
      'that is rejected with nothing',
      /it threw undefined/,
      async () => Promise.reject(undefined as unknown as Error),
    ],
    ['that never settles', /no answer within 30 ms/, () => thenable({ value: () => undefined })],
  ];
  it.each(thenables)('a promise %s does so too', async (_, message, fault) => {
    const scored = defineAttribute({
      name: 'scored',
      description: 'a test',
      timeoutMs: 30,
      score: ({ prompt, candidates }) => (prompt === BAD ? (fault() as number[]) : candidates.map(() => 0)),
    });
    const halfspace = await createHalfspace({ backend: createToyBackend(), attributes: [scored] });
    await expectAlone(
      async () => halfspace.generate({ ...OPTIONS, weights: { scored: 1 } }),
      'attribute-failed',
      message,
    );
  });
});

describe('a filter that throws or answers', () => {
  const filtered = async (fault: () => unknown) => {
    const filter = defineFilter({
      name: 'faulty',
      allows: ({ prompt, candidates }) =>
        prompt === BAD ? (fault() as boolean[]) : candidates.map(({ token }) => token !== 2),
    });
    const backend = createToyBackend({ endLogit: -50 });
    const halfspace = await createHalfspace({ backend });
    return { backend, run: async () => halfspace.generate({ ...OPTIONS, topK: 3, filters: [filter] }) };
  };

  it.each(HOSTILE)('%s ends its own completion and no other', async (_, message, fault) => {
    const { backend, run } = await filtered(fault);
    const others = await expectAlone(run, 'filter-failed', message);
    const healthy = await (await filtered(() => [true, true, true])).run();
    expect(comparable(others)).toEqual(comparable([healthy[0], healthy[2]]));
    expect(backend.open).toBe(0);
  });

  it('a promise that is rejected later ends it, and the process does not hear of it', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    const { run } = await filtered(async () => Promise.reject(new Error('late')));
    await expectAlone(run, 'filter-failed', /a promise and not a list/);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', hear);
    expect(unheard).toEqual([]);
  });
});

describe('answers are copied', () => {
  const letters = TOY_VOCABULARY.length;

  it('of scoring attributes that use one buffer for all of them', async () => {
    const buffer = new Float64Array(letters);
    const scored = (answer: (margins: number[]) => ArrayLike<number>) =>
      defineAttribute({
        name: 'scored',
        description: 'a test',
        score: ({ prefix, candidates }) => answer(candidates.map(({ text }) => (prefix + text).length % 3)),
      });
    const again = scored((margins) => {
      buffer.set(margins);
      return buffer.subarray(0, margins.length);
    });
    const run = async (attribute: typeof again) => {
      const halfspace = await createHalfspace({ backend: createToyBackend(), attributes: [attribute] });
      return comparable(
        await halfspace.generate({ ...OPTIONS, samples: 4, topK: 0, weights: { scored: 3 } }),
      );
    };
    expect(await run(again)).toEqual(await run(scored((margins) => margins)));
  });

  it('when they are checked, each item read once', async () => {
    const reads = new Map<PropertyKey, number>();
    let candidatesAsked = 0;
    const counting = (margins: number[]) =>
      new Proxy(margins, {
        get(list, key) {
          reads.set(key, (reads.get(key) ?? 0) + 1);
          // What is read a second time is broken.
          if (key === '0' && (reads.get(key) ?? 0) > 1) return NaN;
          return Reflect.get(list, key);
        },
      });
    const scored = defineAttribute({
      name: 'scored',
      description: 'a test',
      score({ candidates }) {
        candidatesAsked += candidates.length;
        return counting(candidates.map(() => 0.5));
      },
    });
    const halfspace = await createHalfspace({
      backend: createToyBackend({ endLogit: -50 }),
      attributes: [scored],
    });
    const [{ error, margins }] = await halfspace.generate({
      prompt: 'a',
      maxTokens: 1,
      weights: { scored: 1 },
    });
    expect(error).toBeUndefined();
    expect(margins['scored'].mean).toBe(0.5);
    const items = Array.from({ length: candidatesAsked }, (_, i) => reads.get(String(i)));
    expect(items).toEqual(items.map(() => 1));
    expect(reads.get('length')).toBe(1);
  });

  it('of filters, too: one that is given twice may use one list', async () => {
    const list: boolean[] = [];
    let refusing = false;
    const filter = defineFilter({
      name: 'again',
      allows({ candidates }) {
        refusing = !refusing;
        list.length = 0;
        list.push(...candidates.map(({ token }) => !(refusing && token === 0)));
        return list;
      },
    });
    const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit: -50 }) });
    const completions = await halfspace.generate({
      prompt: 'abc',
      samples: 5,
      maxTokens: 8,
      filters: [filter, filter],
    });
    for (const { text } of completions) expect(text).not.toContain('a');
  });
});

it('an error keeps its cause and says its code in JSON', async () => {
  const cause = new TypeError('mine');
  const scored = defineAttribute({ name: 'scored', description: 'a test', score: throwing(cause) });
  const halfspace = await createHalfspace({ backend: createToyBackend(), attributes: [scored] });
  const [completion] = await halfspace.generate({ prompt: 'a', weights: { scored: 1 } });
  expect((completion.error as HalfspaceError).cause).toBe(cause);
  expect(JSON.parse(JSON.stringify(completion))).toMatchObject({
    error: {
      name: 'HalfspaceError',
      code: 'attribute-failed',
      message: expect.stringContaining('"scored" failed at step 0'),
      cause: { name: 'TypeError', message: 'mine' },
    },
  });
});
