import { readFile } from 'node:fs/promises';
import type { Tokenizer } from '@halfspace/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveModel } from '../sources/resolve-model.js';
import { openModelFile } from '../weights.js';
import { createTokenizer } from './tokenizer.js';

// The ids come from the Hugging Face tokenizers library: fixtures/make-torture.py.
describe('the tokenizer of the default model', () => {
  let tokenizer: Tokenizer;
  let rows: { text: string; ids: number[] }[];

  beforeAll(async () => {
    const file = await openModelFile((await resolveModel()).path);
    tokenizer = await createTokenizer(file);
    await file.close();
    rows = JSON.parse(
      await readFile(new URL('../../fixtures/torture.json', import.meta.url), 'utf8'),
    ) as typeof rows;
  }, 300_000);

  it('gives the ids of the Hugging Face tokenizer on the torture list', () => {
    expect(rows.length).toBeGreaterThan(60);
    for (const { text, ids } of rows) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  });

  it('gives back every text without control tokens', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        fc.pre(!text.includes('<|'));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('knows its end tokens and renders its chat template', () => {
    expect([...tokenizer.endTokens].map((token) => tokenizer.bytes(token).length)).toEqual([0, 0]);
    const prompt = tokenizer.renderChat([{ role: 'user', content: 'Hi' }]);
    expect(prompt).toMatch(/<\|im_start\|>user\nHi<\|im_end\|>\n<\|im_start\|>assistant\n$/);
  });
});
