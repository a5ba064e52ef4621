import { afterEach, describe, expect, it, vi } from 'vitest';
import { startStandIn, type Answer, type Asked } from '../testing/stand-in-service.js';
import { createChatJudge, RUBRICS } from './chat-judge.js';
import { createPerspectiveJudge } from './perspective-judge.js';

let service: Awaited<ReturnType<typeof startStandIn>> | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await service?.close();
  service = undefined;
});

const texts = (...completions: string[]) =>
  completions.map((completion) => ({ prompt: 'Say it.', completion }));
/** An answer that asks for another try at once. */
const busy: Answer = { status: 429, headers: { 'retry-after': '0' }, json: { error: 'slow down' } };

describe('PerspectiveAPI as a judge', () => {
  const textOf = ({ body }: Asked) => (body['comment'] as { text: string }).text;
  const scored = (asked: Asked): Answer => ({
    json: { attributeScores: { TOXICITY: { summaryScore: { value: textOf(asked).length / 10 } } } },
  });

  async function judge(answer: (asked: Asked, count: number) => Answer) {
    service = await startStandIn(answer);
    return createPerspectiveJudge({ endpoint: `${service.url}/analyze`, key: 'k&y', perSecond: 1000 });
  }

  it('gives the scores of the completions in their order, and does not send what has no words', async () => {
    const perspective = await judge(scored);
    expect(await perspective.score(texts('abc', ' …!', 'abcdefgh', ''))).toEqual(
      Float64Array.of(0.3, 0, 0.8, 0),
    );
    expect(service?.asked.map(textOf).sort()).toEqual(['abc', 'abcdefgh']);
    const [{ path, body }] = service?.asked ?? [];
    expect(path).toBe('/analyze?key=k%26y');
    expect(body).toMatchObject({
      doNotStore: true,
      languages: ['en'],
      requestedAttributes: { TOXICITY: {} },
    });
  });

  it('asks again when the service is busy', async () => {
    const perspective = await judge((asked, count) => (count < 3 ? busy : scored(asked)));
    expect(await perspective.score(texts('abc'))).toEqual(Float64Array.of(0.3));
    expect(service?.asked.length).toBe(3);
  });

  it('keeps to the requests that a key is allowed', async () => {
    service = await startStandIn(scored);
    const perspective = createPerspectiveJudge({ endpoint: service.url, key: 'k', perSecond: 20 });
    const started = performance.now();
    await Promise.all([perspective.score(texts('a', 'b')), perspective.score(texts('c', 'd'))]);
    // Four requests have three pauses of a twentieth of a second between them; timers may be early by a millisecond.
    expect(performance.now() - started).toBeGreaterThan(145);
  });

  it.each<[string, RegExp, Answer]>([
    ['judge-refused', /status 403: .*key.*\nCheck the key/, { status: 403, json: { error: 'bad key' } }],
    [
      'judge-refused',
      /status 400.*\nCheck the options/,
      { status: 400, json: { error: 'no such attribute' } },
    ],
    ['judge-failed', /gave no TOXICITY/, { json: {} }],
    ['judge-failed', /is 1.2/, { json: { attributeScores: { TOXICITY: { summaryScore: { value: 1.2 } } } } }],
  ])('ends with %s (%s)', async (code, message, answer) => {
    const perspective = await judge(() => answer);
    const failed = perspective.score(texts('abc', 'def'));
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.not.toThrow(/k&y|k%26y/);
  });

  it('says so when the service stays busy', async () => {
    const perspective = await judge(() => busy);
    const failed = perspective.score(texts('abc'));
    await expect(failed).rejects.toMatchObject({ code: 'judge-unavailable' });
    await expect(failed).rejects.toThrow(/status 429.*slow down/);
    expect(service?.asked.length).toBe(6);
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const perspective = await judge((asked) => {
      controller.abort();
      return scored(asked);
    });
    const { signal } = controller;
    await expect(perspective.score(texts('a', 'b', 'c'), { signal })).rejects.toMatchObject({
      code: 'aborted',
    });
  });

  it('needs a key, from an option or the environment', () => {
    vi.stubEnv('PERSPECTIVE_API_KEY', '');
    expect(() => createPerspectiveJudge()).toThrow(expect.objectContaining({ code: 'no-key' }));
    expect(() => createPerspectiveJudge({ key: 'k', perSecond: 0 })).toThrow(/perSecond/);
    vi.stubEnv('PERSPECTIVE_API_KEY', 'from-the-environment');
    expect(createPerspectiveJudge().name).toBe('perspective');
    expect(createPerspectiveJudge({ attribute: 'SEVERE_TOXICITY' }).name).toBe('perspective-severe-toxicity');
  });
});

describe('a chat model as a judge', () => {
  const said = (content: string): Answer => ({ json: { choices: [{ message: { content } }] } });

  async function judge(answer: (asked: Asked, count: number) => Answer) {
    service = await startStandIn(answer);
    return createChatJudge({
      name: 'helpful',
      description: 'helps whoever asked',
      desired: 'high',
      endpoint: `${service.url}/v1/`,
      model: 'local',
      rubric: RUBRICS.helpfulness,
    });
  }
  const shownTo = ({ body }: Asked) => (body['messages'] as { content: string }[])[1].content;

  it('is shown prompt and completion as JSON, and its grades become scores', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'secret');
    const chat = await judge((asked) =>
      said(shownTo(asked).includes('two') ? '{"grade": 2}' : '{"grade":5}'),
    );
    expect(await chat.score(texts('one', 'two "quoted"'))).toEqual(Float64Array.of(1, 0.25));
    const [first] = service?.asked ?? [];
    expect(first.path).toBe('/v1/chat/completions');
    expect(first.headers.authorization).toBe('Bearer secret');
    expect(first.body).toMatchObject({ model: 'local', temperature: 0, messages: [{ role: 'system' }, {}] });
    expect(service?.asked.map((asked) => JSON.parse(shownTo(asked)) as unknown)).toContainEqual({
      prompt: 'Say it.',
      completion: 'two "quoted"',
    });
    expect(JSON.stringify(first.body)).toContain('How helpful is the answer');
  });

  it('is asked again when it does not keep to the form, three times at most', async () => {
    const chat = await judge((_, count) => said(count === 1 ? 'I would say 4.' : '{"grade": 4}'));
    expect(await chat.score(texts('one'))).toEqual(Float64Array.of(0.75));
    await service?.close();
    const stubborn = await judge(() => said('{"grade": 6}'));
    const failed = stubborn.score(texts('one'));
    await expect(failed).rejects.toMatchObject({ code: 'judge-failed' });
    await expect(failed).rejects.toThrow(/no grade when asked 3 times, but: {"grade": 6}/);
    expect(service?.asked.length).toBe(3);
  });

  it('needs no key where the service needs none, and says when that is refused', async () => {
    vi.stubEnv('OPENAI_API_KEY', undefined);
    const chat = await judge(() => ({ status: 401, json: { error: 'who are you?' } }));
    await expect(chat.score(texts('one'))).rejects.toMatchObject({ code: 'judge-refused' });
    expect(service?.asked[0].headers.authorization).toBeUndefined();
  });

  it('has a revision that changes with the rubric', () => {
    const about = {
      name: 'a',
      description: 'b',
      desired: 'high',
      endpoint: 'http://127.0.0.1',
      model: 'm',
    } as const;
    const revisions = Object.values(RUBRICS).map((rubric) => createChatJudge({ ...about, rubric }).revision);
    expect(new Set(revisions).size).toBe(3);
  });
});
