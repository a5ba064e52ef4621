import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineFilter } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import type { GenerateOptions } from '../options/options.js';
import { createToyBackend } from '../testing/toy-backend.js';
import { patternFilter, wordFilter } from '../plugins/text-filters.js';
import { tokenFilter } from '../plugins/token-filter.js';

const encode = (text: string) => new TextEncoder().encode(text);
const bytesOf = (text: string) => [...new Set(encode(text))].map((byte) => Uint8Array.of(byte));
const END = new Uint8Array();

/** Characters of two, three and four bytes, single bytes of all of them, and pieces that cut them. */
const LETTERS = ['a', 'é', 'è', '中', '丰', '😀', '😁'];
const BYTES = bytesOf(LETTERS.join('') + ' ');
const piece = fc
  .tuple(fc.array(fc.constantFrom(...LETTERS), { minLength: 1, maxLength: 2 }), fc.nat(7), fc.nat(7))
  .map(([letters, start, end]) => {
    const bytes = encode(letters.join(''));
    return bytes.subarray(Math.min(start, bytes.length - 1), Math.max(1, bytes.length - end));
  })
  .filter((bytes) => bytes.length > 0);

/** U+FFFD with something after it. */
const BROKEN = /\uFFFD[^]/u;

const without = (letters: readonly string[]) => new RegExp(`[${letters.join('')}]`, 'u');

describe('through a filter', () => {
  it('no character is broken, nothing refused is written, and no completion is stuck', async () => {
    let freelyBroken = 0;
    let written = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.subarray(LETTERS.slice(1), { minLength: 1 }),
        fc.constantFrom('pattern', 'words', 'own', 'tokens'),
        fc.record({
          topK: fc.constantFrom(0, 1, 4),
          seed: fc.nat(),
          stop: fc.constantFrom([], ['è'], ['aa']),
        }),
        async (pieces, letters, kind, settings) => {
          const vocabulary = [...BYTES, ...pieces, END];
          const halfspace = await createHalfspace({ backend: createToyBackend({ vocabulary, endLogit: 1 }) });
          const forbidden = without(letters);
          const last = encode(letters[0]).at(-1);
          const filter = {
            pattern: () => patternFilter(forbidden),
            words: () => wordFilter(letters),
            own: () =>
              defineFilter({
                name: 'own',
                allows: ({ prefix, candidates }) =>
                  candidates.map(({ text }) => !forbidden.test(prefix + text)),
              }),
            tokens: () =>
              tokenFilter({ forbid: vocabulary.flatMap((bytes, id) => (bytes.at(-1) === last ? [id] : [])) }),
          }[kind]();
          const request: GenerateOptions<never> = { prompt: 'a', samples: 4, maxTokens: 12, ...settings };
          for (const { text, error } of await halfspace.generate({ ...request, filters: [filter] })) {
            expect(error).toBeUndefined();
            expect(text).not.toMatch(BROKEN);
            if (kind === 'pattern' || kind === 'own') expect(text).not.toMatch(forbidden);
            if (/[^ a\uFFFD]/u.test(text)) written++;
          }
          const free = await halfspace.generate(request);
          freelyBroken += free.filter(({ text }) => BROKEN.test(text)).length;
        },
      ),
      { numRuns: 120 },
    );
    expect(freelyBroken).toBeGreaterThan(100);
    expect(written).toBeGreaterThan(50);
  });

  it('a character is begun only where one of those that begin so is allowed', async () => {
    const vocabulary = [...bytesOf('a éè'), END];
    const halfspace = await createHalfspace({ backend: createToyBackend({ vocabulary, endLogit: -50 }) });
    const texts = async (pattern: RegExp) => {
      const request = { prompt: 'a', samples: 20, maxTokens: 9, filters: [patternFilter(pattern)] };
      return (await halfspace.generate(request)).map(({ text }) => text).join('\n');
    };
    const some = await texts(/é/);
    expect(some).not.toContain('é');
    expect(some).toContain('è');
    expect(await texts(/[éè]/)).toMatch(/^[a \n]+$/);
  });

  it('is asked little where nothing is refused, and of every character where all are', async () => {
    const continuing = Array.from({ length: 64 }, (_, i) => Uint8Array.of(0x80 + i));
    const vocabulary = [Uint8Array.of(0xe4), encode('a'), ...continuing, END];
    const asked = async (allowed: (text: string) => boolean) => {
      let count = 0;
      const filter = defineFilter({
        name: 'counting',
        allows: ({ prefix, candidates }) => {
          count += candidates.length;
          return candidates.map(({ text }) => allowed(prefix + text));
        },
      });
      const halfspace = await createHalfspace({ backend: createToyBackend({ vocabulary, endLogit: -50 }) });
      const [{ text }] = await halfspace.generate({
        prompt: 'a',
        topK: 0,
        topP: 1,
        maxTokens: 1,
        filters: [filter],
      });
      return { count: count - vocabulary.length, text };
    };
    expect((await asked(() => true)).count).toBe(4 + 4);
    const none = await asked((text) => !/\p{Script=Han}/u.test(text));
    expect(none.text).toBe('a');
    // All of U+4000 to U+4FFF but the 64 hexagrams, which are no Han, and where the search ends.
    expect(none.count).toBeLessThanOrEqual(64 + 64 * 64);
  });

  it('a filter that changes its mind within a character ends the completion with an error, and no broken one', async () => {
    let asked = 0;
    const fickle = defineFilter({
      name: 'fickle',
      allows: ({ prefix, candidates }) => {
        asked++;
        return candidates.map(({ text }) => !(asked > 3 && /\p{L}/u.test(prefix + text)));
      },
    });
    const vocabulary = [...bytesOf('中'), encode('a'), END];
    const halfspace = await createHalfspace({ backend: createToyBackend({ vocabulary, endLogit: -50 }) });
    const options = { prompt: 'a', maxTokens: 6, filters: [fickle, tokenFilter({ forbid: [3] })] };
    const [{ error, text }] = await halfspace.generate(options);
    expect(error).toMatchObject({ code: 'no-candidate-left' });
    expect(text).not.toMatch(BROKEN);
  });
});
