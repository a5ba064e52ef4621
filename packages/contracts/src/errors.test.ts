import { describe, expect, it, vi } from 'vitest';
import { HalfspaceError, isHalfspaceError } from './errors.js';

const hostile = new Proxy(
  {},
  {
    get() {
      throw new Error('hands off');
    },
  },
);

describe('isHalfspaceError', () => {
  it('knows errors of another copy of this package, and their codes', async () => {
    vi.resetModules();
    const other = await import('./errors.js');
    const error = new other.HalfspaceError('busy', 'Wait.');
    expect(error).not.toBeInstanceOf(HalfspaceError);
    expect(isHalfspaceError(error)).toBe(true);
    expect(isHalfspaceError(error, 'busy')).toBe(true);
    expect(isHalfspaceError(error, 'aborted')).toBe(false);
  });

  it.each<unknown>([
    undefined,
    null,
    'HalfspaceError',
    Symbol('a'),
    Object.create(null),
    new Error('a'),
    Object.assign(new Error('a'), { code: 'ENOENT' }),
    { name: 'HalfspaceError' },
    hostile,
  ])('knows what is none, whatever it is (case %#)', (value) => {
    expect(isHalfspaceError(value)).toBe(false);
  });
});

describe('an error as JSON', () => {
  const written = (error: HalfspaceError) => JSON.parse(JSON.stringify({ error })) as unknown;

  it('has its name, code, message and causes', () => {
    const lowest = Object.assign(new RangeError('too far'), { code: 'ERR_FAR' });
    const error = new HalfspaceError('bad-option', 'What was wrong.', {
      cause: new HalfspaceError('bad-row', 'Why.', { cause: lowest }),
    });
    expect(written(error)).toEqual({
      error: {
        name: 'HalfspaceError',
        code: 'bad-option',
        message: 'What was wrong.',
        cause: {
          name: 'HalfspaceError',
          code: 'bad-row',
          message: 'Why.',
          cause: { name: 'RangeError', code: 'ERR_FAR', message: 'too far' },
        },
      },
    });
    const later = new HalfspaceError('busy', 'Wait.', { retryAfterMs: 2000 });
    expect(later.retryAfterMs).toBe(2000);
    expect(written(later)).toMatchObject({ error: { code: 'busy', retryAfterMs: 2000 } });
    expect(new HalfspaceError('busy', 'Wait.')).not.toHaveProperty('retryAfterMs');
    expect(written(new HalfspaceError('bad-option', 'Alone.'))).toEqual({
      error: { name: 'HalfspaceError', code: 'bad-option', message: 'Alone.' },
    });
  });

  it.each<[unknown, unknown]>([
    ['boo', 'boo'],
    [null, 'null'],
    [10n, '10'],
    [Symbol('x'), 'Symbol(x)'],
    [Object.create(null), 'an object without a text'],
    [hostile, 'an object without a text'],
    [[1, 2], 'a list'],
  ])('has the cause %#, whatever was thrown', (cause, text) => {
    expect(written(new HalfspaceError('bad-option', 'b', { cause }))).toMatchObject({
      error: { cause: text },
    });
  });

  it('ends, also where causes go round in a circle', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;
    const text = JSON.stringify(new HalfspaceError('bad-option', 'b', { cause: first }));
    expect(text.length).toBeLessThan(1000);
  });
});
