import { readFile } from 'node:fs/promises';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { KNOWN_PATTERNS } from './known-patterns.js';
import { PRE_TOKENIZERS, spellPreTokenizer } from './pre-tokenizers.js';
import { takeSpacePrefix } from './space-prefix.js';

/** What fixtures/make-splits.py writes: how the Hugging Face tokenizers library splits texts, as bytes of each piece. */
const { texts, rules } = JSON.parse(
  await readFile(new URL('../../fixtures/splits.json', import.meta.url), 'utf8'),
) as {
  texts: string[];
  rules: { names: string[]; normalizer: unknown; pre_tokenizer: unknown; rows: number[][] }[];
};

function splitter(normalizer: unknown, preTokenizer: unknown): (text: string) => number[] {
  const model = { type: 'BPE', vocab: {}, merges: [] };
  const parts = { added_tokens: [], post_processor: null, decoder: null, model };
  const tokenizer = new HuggingFaceTokenizer({ ...parts, normalizer, pre_tokenizer: preTokenizer }, {});
  // A byte is one character of byte-level vocabularies.
  return (text) =>
    (tokenizer.pre_tokenizer?.(tokenizer.normalizer?.(text) ?? text) ?? [])
      .map(({ length }: string) => length)
      .filter((length: number) => length > 0);
}

describe('the way to split a text', () => {
  const named = rules.flatMap(({ names, rows }) => names.map((name) => [name, rows] as const));

  it.each(named)('that GGUF calls %s is that of the Hugging Face tokenizers', (name, rows) => {
    const rule = PRE_TOKENIZERS.get(name);
    const { normalizer, pre_tokenizer: preTokenizer } = spellPreTokenizer(rule as NonNullable<typeof rule>);
    const split = splitter(normalizer, preTokenizer);
    texts.forEach((text, at) => expect(split(text), JSON.stringify(text)).toEqual(rows[at]));
  });

  it.each(rules.map((rule) => [JSON.stringify(rule.pre_tokenizer).slice(0, 160), rule] as const))(
    'of a tokenizer.json is that of the Hugging Face tokenizers: %s',
    (_, { normalizer, pre_tokenizer: given, rows }) => {
      const plain = takeSpacePrefix({ normalizer, pre_tokenizer: given });
      const split = splitter(plain.normalizer, plain.preTokenizer);
      texts.forEach((text, at) => expect(split(text), JSON.stringify(text)).toEqual(rows[at]));
    },
  );

  it('is checked for every rule, but for the one that llama.cpp takes where it knows none', () => {
    const checked = new Set(named.map(([name]) => PRE_TOKENIZERS.get(name)));
    const left = [...PRE_TOKENIZERS].filter(([, rule]) => !checked.has(rule));
    expect(left.map(([name]) => name)).toEqual(['default']);
  });

  it('that a file puts to its neighbours is refused', () => {
    const split = { type: 'Split', pattern: { Regex: ',' }, behavior: 'MergedWithPrevious', invert: false };
    const code = expect.objectContaining({ code: 'unsupported-model' });
    expect(() => takeSpacePrefix({ normalizer: null, pre_tokenizer: split })).toThrow(code);
    const punctuation = { type: 'Punctuation', behavior: 'MergedWithNext' };
    expect(() => takeSpacePrefix({ normalizer: null, pre_tokenizer: punctuation })).toThrow(code);
  });

  it('takes a time that grows with the text', () => {
    for (const pattern of KNOWN_PATTERNS) {
      const split = splitter(null, {
        type: 'Split',
        pattern: { Regex: pattern },
        behavior: 'Isolated',
        invert: false,
      });
      for (const unit of ['a', 'A', '1', ' ', '\n', '!', '一', '▁', '\u0301', "'s"])
        expect(split(unit.repeat(30_000)).reduce((a, b) => a + b, 0)).toBe(unit.length * 30_000);
    }
  }, 60_000);
});

it('the README names every way to split a text that GGUF may name', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const table = readme.slice(readme.search(/^\| rule /mu));
  const named = [...table.matchAll(/`([^`]+)`/gu)].flatMap(([, names]) => names.split(' '));
  expect([...PRE_TOKENIZERS.keys()].filter((name) => !named.includes(name))).toEqual([]);
});
