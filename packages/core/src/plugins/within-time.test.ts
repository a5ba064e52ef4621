import { afterEach, describe, expect, it, vi } from 'vitest';
import { withinTime } from './within-time.js';

const late = () => new Error('late');
afterEach(() => vi.unstubAllGlobals());

const backtrack = () => /^(a+)+$/.test(`${'a'.repeat(60)}b`);

/** Ends by itself after a second or so. */
const backtrackBriefly = () => /^(a+)+$/.test(`${'a'.repeat(27)}b`);

describe('what is done within a time', () => {
  it('gives its value, or throws what was thrown', () => {
    expect(withinTime(1000, () => 5, late)).toBe(5);
    const fault = new TypeError('mine');
    expect(() =>
      withinTime(
        1000,
        () => {
          throw fault;
        },
        late,
      ),
    ).toThrow(fault);
  });

  it('is stopped inside a regular expression, and once more before that counts', () => {
    let tries = 0;
    const task = () => {
      tries += 1;
      return backtrack();
    };
    expect(() => withinTime(50, task, late)).toThrow('late');
    expect(tries).toBe(2);
  });

  it('has its value when only the first try took too long', () => {
    let tries = 0;
    const task = () => {
      tries += 1;
      return tries > 1 || backtrack();
    };
    expect(withinTime(200, task, late)).toBe(true);
  });

  it('may do another such thing inside', () => {
    expect(withinTime(60_000, () => withinTime(60_000, () => 1, late) + 1, late)).toBe(2);
    const inner = () => withinTime(50, backtrack, () => new Error('inner'));
    expect(() => withinTime(60_000, inner, late)).toThrow('inner');
    expect(withinTime(60_000, () => 3, late)).toBe(3);
  });

  it('is stopped where Node hands its modules to imports alone, as before 20.16', async () => {
    vi.stubGlobal('process', { versions: process.versions });
    vi.resetModules();
    const old = await import('./within-time.js');
    await vi.waitFor(() => expect(() => old.withinTime(50, backtrackBriefly, late)).toThrow('late'));
  });
});
