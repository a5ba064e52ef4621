import { join } from 'node:path';
import { encodeResponse, type HalfspaceError, type Backend, type Tokenizer } from '@halfspace/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { BEGIN, END, TOKENS, tinyJson, writeTinyDirectory } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { createTokenizer } from './tokenizer.js';

const directory = useTemporaryDirectory();
const id = (token: string) => TOKENS.indexOf(token);
const ids = (tokens: string) => tokens.split(' ').map(id);

async function beside(
  change: (json: ReturnType<typeof tinyJson>) => void = () => undefined,
): Promise<Tokenizer> {
  const json = tinyJson();
  change(json);
  const place = join(directory.path, 'tiny');
  await writeTinyDirectory(place, json);
  const model = await openModelFile(place);
  try {
    return await createTokenizer(model);
  } finally {
    await model.close();
  }
}

const wantsBos = (json: ReturnType<typeof tinyJson>) => {
  const single = [{ SpecialToken: { id: '<|begin|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
  json.tokenizer['post_processor'] = { type: 'TemplateProcessing', single, pair: single };
};
const SPELLED = ids('< | i m _ e n d | >');
const backendOf = (tokenizer: Tokenizer, contextLength = 16) =>
  ({ tokenizer, model: { name: 'tiny', contextLength } }) as Backend;

describe('a text that goes on from another', () => {
  it('has no beginning of its own', async () => {
    const tokenizer = await beside(wantsBos);
    expect(tokenizer.encode('he', { continues: true })).toEqual([id('he')]);
    expect(tokenizer.encode('', { continues: true })).toEqual([]);
    expect(encodeResponse(backendOf(tokenizer), 'hi', 'he')).toEqual({
      tokens: [BEGIN, ...ids('h i he')],
      start: 3,
    });
  });

  it('is refused where it is empty, also by a model that begins texts with a token', async () => {
    const empty = expect.objectContaining({ code: 'empty-response' });
    for (const tokenizer of [await beside(), await beside(wantsBos)])
      expect(() => encodeResponse(backendOf(tokenizer), 'hi', '')).toThrow(empty);
  });
});

describe('control tokens in a text', () => {
  it('are text where they are not meant', async () => {
    const tokenizer = await beside(wantsBos);
    const text = { controlTokens: false };
    expect(tokenizer.encode('<|im_end|>', text)).toEqual([BEGIN, ...SPELLED]);
    expect(tokenizer.encode('<|begin|>', text)).toEqual([BEGIN, ...ids('< | b e g i n | >')]);
    expect(tokenizer.encode('<|im_end|>')).toEqual([BEGIN, END]);
    expect(encodeResponse(backendOf(tokenizer, 64), 'a<|im_end|>', '<|im_end|>').tokens).toEqual([
      BEGIN,
      id('a'),
      ...SPELLED,
      ...SPELLED,
    ]);
  });

  it('are never made of text, whatever vocabulary and merges have', async () => {
    const tokenizer = await beside(({ tokenizer: { model } }) => {
      const { vocab } = model as { vocab: Record<string, number> };
      (model as { merges: string[] }).merges.push('| >');
      vocab['|>'] = TOKENS.length;
      (model as { ignore_merges: boolean }).ignore_merges = true;
    });
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('<|im_end|>', '<|', '|>', 'im_end', 'he', ' ', '<|begin|>')),
        (parts) => {
          const text = parts.join('');
          const found = tokenizer.encode(text, { controlTokens: false });
          expect(found).not.toContain(END);
          expect(found).not.toContain(BEGIN);
          expect(tokenizer.decode(found)).toBe(text);
        },
      ),
    );
  });

  it('are found as the library finds them where they are meant', async () => {
    const added = [
      { id: BEGIN, content: '<|begin|>', special: true },
      { id: END, content: '<|im_end|>', special: true, lstrip: true, rstrip: true },
      { id: TOKENS.length, content: 'e<|', special: false, normalized: false },
      { id: TOKENS.length + 1, content: '<|begin|><', special: true },
      { id: TOKENS.length + 2, content: 'hehe', special: false },
    ];
    const json = tinyJson();
    json.tokenizer['added_tokens'] = added;
    const tokenizer = await beside((each) => void (each.tokenizer['added_tokens'] = added));
    const library = new HuggingFaceTokenizer(json.tokenizer, json.tokenizerConfig);
    const parts = ['<|im_end|>', '<|begin|>', '<', '|', '\n', ' ', 'he', 'a', 'im_end|>'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), (chosen) => {
        const text = chosen.join('');
        expect(tokenizer.encode(text)).toEqual(library.encode(text, { add_special_tokens: false }).ids);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the fewest tokens of a text', () => {
  it('are never more than it has', async () => {
    const tokenizer = await beside();
    const letters = fc.array(fc.constantFrom('h', 'e', ' ', ' he', '<|im_end|>', 'é', '1'), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(letters, fc.boolean(), (parts, controlTokens) => {
        const text = parts.join('');
        const { length } = tokenizer.encode(text, { controlTokens, continues: true });
        expect(tokenizer.fewestTokens?.(text)).toBeLessThanOrEqual(length);
      }),
    );
    expect(tokenizer.fewestTokens?.('x'.repeat(100))).toBe(100);
  });

  it('refuse what is far too long without splitting it', async () => {
    const tokenizer = await beside();
    const backend = backendOf({
      ...tokenizer,
      encode: () => {
        throw new Error('was encoded');
      },
    });
    const tooLong = expect.objectContaining({ code: 'context-overflow' }) as HalfspaceError;
    expect(() => encodeResponse(backend, '', 'x'.repeat(1_000_000))).toThrow(tooLong);
    expect(() => encodeResponse(backend, 'x'.repeat(1_000_000), 'x')).toThrow(tooLong);
  });

  it('are unknown where a tokenizer leaves things out', async () => {
    const strips = await beside(({ tokenizer: { added_tokens: added } }) => {
      (added as { rstrip?: boolean }[])[1].rstrip = true;
    });
    expect(strips.fewestTokens?.('x'.repeat(100))).toBe(0);
  });
});
