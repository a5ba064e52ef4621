import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array, i32, text, u32, u64, type GgufValue } from '../testing/gguf-bytes.js';
import { altered, damaged, refusalOf } from '../testing/hostile.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import {
  BEGIN,
  END,
  TOKENS,
  tinyGguf,
  tinyJson,
  tinyMetadata,
  writeTinyDirectory,
} from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { createTokenizer } from './tokenizer.js';

const directory = useTemporaryDirectory();
const place = (name = '') => join(directory.path, 'tiny', name);
const code = (expected: string) => expect.objectContaining({ code: expected });

async function openTokenizer(path: string) {
  const model = await openModelFile(path);
  try {
    return await createTokenizer(model);
  } finally {
    await model.close();
  }
}

type Json = ReturnType<typeof tinyJson>;

async function besideSafetensors(change: (json: Json) => void = () => undefined) {
  const json = tinyJson();
  change(json);
  await writeTinyDirectory(place(), json);
  return openTokenizer(place());
}

async function inGguf(changes: Readonly<Record<string, GgufValue>> = {}) {
  const path = join(directory.path, 'tiny.gguf');
  await writeFile(path, tinyGguf({ metadata: { ...tinyMetadata(), ...changes } }));
  return openTokenizer(path);
}

const id = (token: string) => TOKENS.indexOf(token);
const TEXT = 'he said: he\n<|im_end|>12';
const IDS = [...['he', 'Ġ', 's', 'a', 'i', 'd', ':', 'Ġhe', 'Ċ'].map(id), END, ...['1', '2'].map(id)];
const beginning = (json: Json, ...types: string[]) => {
  const single = [{ SpecialToken: { id: '<|begin|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
  json.tokenizer['post_processor'] = { type: 'TemplateProcessing', single, pair: single, types };
};

describe('a tokenizer', () => {
  it('is the same from GGUF and from the files beside safetensors', async () => {
    for (const tokenizer of [await inGguf(), await besideSafetensors()]) {
      expect(tokenizer.vocabularySize).toBe(TOKENS.length);
      expect(tokenizer.encode(TEXT)).toEqual(IDS);
      expect(tokenizer.decode(IDS)).toBe('he said: he\n12');
      expect([...tokenizer.endTokens]).toContain(END);
      expect(tokenizer.endTokens.has(BEGIN)).toBe(false);
      const chat = tokenizer.renderChat([{ role: 'user', content: 'hi' }]);
      expect(chat).toBe('<|begin|>hi<|im_end|>');
      expect(tokenizer.encode(chat)).toEqual([BEGIN, id('h'), id('i'), END]);
    }
  });

  it('leaves out what its vocabulary does not have', async () => {
    expect((await inGguf()).encode('aéb')).toEqual([id('a'), id('b')]);
  });

  it.each<[string, unknown, boolean, boolean]>([
    ['does not put', undefined, false, false],
    ['puts, by its post-processor,', undefined, true, true],
    ['does not put, whatever its configuration asks for,', true, false, false],
    ['puts, whatever its configuration asks for,', false, true, true],
  ])('%s a token in front of a text, once', async (_, wants, processes, puts) => {
    const tokenizer = await besideSafetensors((json) => {
      if (wants !== undefined) json.tokenizerConfig['add_bos_token'] = wants;
      if (processes) beginning(json);
    });
    expect(tokenizer.encode('he')).toEqual([...(puts ? [BEGIN] : []), id('he')]);
    expect(tokenizer.encode('')).toEqual(puts ? [BEGIN] : []);
    expect(tokenizer.encode('<|begin|>he')).toEqual([BEGIN, id('he')]);
  });

  it('in GGUF puts a token in front when the file says so, or is of llama 3', async () => {
    const add = (value: number): GgufValue => ({ type: 7, body: Uint8Array.of(value) });
    const encode = async (changes: Record<string, GgufValue>) => (await inGguf(changes)).encode('he');
    expect(await encode({ 'tokenizer.ggml.add_bos_token': add(1) })).toEqual([BEGIN, id('he')]);
    const llama3 = { 'tokenizer.ggml.pre': text('llama-bpe') };
    expect(await encode(llama3)).toEqual([BEGIN, id('he')]);
    expect(await encode({ ...llama3, 'tokenizer.ggml.add_bos_token': add(0) })).toEqual([id('he')]);
  });

  it('takes added tokens that are no control tokens as they are written', async () => {
    const tokenizer = await besideSafetensors((json) => {
      json.tokenizer['added_tokens'] = [
        ...(json.tokenizer['added_tokens'] as unknown[]),
        { id: TOKENS.length, content: 'é ', special: false },
      ];
    });
    expect(tokenizer.encode('heé he')).toEqual([id('he'), TOKENS.length, id('he')]);
    expect(tokenizer.decode([id('he'), TOKENS.length, id('he')])).toBe('heé he');
  });

  it('talks by chat_template.jinja, or else by tokenizer_config.json', async () => {
    const render = async (template: unknown, keepFile = false) => {
      const json = tinyJson();
      json.tokenizerConfig['chat_template'] = template;
      await writeTinyDirectory(place(), json);
      if (!keepFile) await rm(place('chat_template.jinja'));
      return (await openTokenizer(place())).renderChat([{ role: 'user', content: 'hi' }]);
    };
    expect(await render('config', true)).toBe('<|begin|>hi<|im_end|>');
    expect(await render('config')).toBe('config');
    const several = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'talk' },
    ];
    expect(await render(several)).toBe('talk');
    expect(await render([...several, { name: 'default', template: 'last' }])).toBe('last');
    expect(await render({ default: 'talk', tool_use: 'tools' })).toBe('talk');
    await expect(render([{ name: 'tool_use', template: 'tools' }])).rejects.toThrow(code('no-chat-template'));
    await expect(render(undefined)).rejects.toThrow(code('no-chat-template'));
    await expect(render('{% if %}')).rejects.toThrow(code('bad-chat-template'));
    const loops = '{% for i in range(99999) %}'.repeat(2) + '{% endfor %}'.repeat(2);
    await expect(render(loops)).rejects.toThrow(code('chat-template-limit'));
  });

  it('tells its chat template what transformers tells it', async () => {
    const render = async (template: string, change: (json: Json) => void = () => undefined) => {
      const json = tinyJson();
      change(json);
      await writeTinyDirectory(place(), json);
      await writeFile(place('chat_template.jinja'), template);
      return (await openTokenizer(place())).renderChat([{ role: 'user', content: 'hi' }]);
    };
    expect(await render('{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}')).toBe(
      'TrueTrueTrue',
    );
    expect(await render('\ufeff{% if true %}\r\na\r\n{% endif %}\r\nb\r\n')).toBe('\ufeffa\nb');
    const tokens = await render(
      '{{ pad_token }}{{ unk_token is defined }}{{ bos_token is defined }}',
      (json) => {
        Object.assign(json.tokenizerConfig, { pad_token: { content: '<pad>' }, bos_token: null });
      },
    );
    expect(tokens).toBe('<pad>FalseFalse');
  });
});

describe('a tokenizer beside safetensors', () => {
  it('is refused when a regular expression of its own does not end', async () => {
    const splitBy = (pattern: string) =>
      besideSafetensors((json) => {
        const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
        const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
        json.tokenizer['pre_tokenizer'] = { type: 'Sequence', pretokenizers: [split, byteLevel] };
      });
    expect((await splitBy('h|e')).encode('he')).toEqual(['h', 'e'].map(id));
    const tokenizer = await splitBy('(h+)+$');
    expect(tokenizer.encode('hhe').length).toBeGreaterThan(0);
    expect(() => tokenizer.encode(`${'h'.repeat(60)}e`)).toThrow(code('pattern-too-slow'));
  }, 60_000);

  it.each(['Regex', 'String'])(
    'is refused before patterns are made ready that take gigabytes: %s',
    async (kind) => {
      const opened = besideSafetensors((json) => {
        const split = { type: 'Split', pattern: { [kind]: 'h|'.repeat(100_000) }, behavior: 'Isolated' };
        json.tokenizer['pre_tokenizer'] = { type: 'Sequence', pretokenizers: [split, { type: 'ByteLevel' }] };
      });
      await expect(opened).rejects.toThrow(code('pattern-too-slow'));
    },
  );

  it.each(['tokenizer.json', 'tokenizer_config.json'])('is refused without a good %s', async (name) => {
    await writeTinyDirectory(place());
    for (const content of ['', '{', '[]', 'null', '5', '{}'.repeat(2)]) {
      await writeFile(place(name), content);
      const refused = openTokenizer(place());
      await expect(refused, content).rejects.toThrow(code('corrupt-model'));
      await expect(refused, content).rejects.toThrow(name);
    }
    await rm(place(name));
    const missing = openTokenizer(place());
    await expect(missing).rejects.toThrow(code('corrupt-model'));
    await expect(missing).rejects.toThrow(`The model has no ${name}`);
  });

  it.each<[string, (json: Json['tokenizer'], model: Json['tokenizer']) => void]>([
    ['of another kind', (_, model) => void (model['type'] = 'Unigram')],
    ['of no kind', (json) => void delete json['model']],
    ['that splits otherwise', (json) => void (json['pre_tokenizer'] = { type: 'Metaspace' })],
    ['that does not split', (json) => void (json['pre_tokenizer'] = null)],
    [
      'that would never end',
      (json) =>
        void (json['pre_tokenizer'] = {
          type: 'Sequence',
          pretokenizers: [{ type: 'FixedLength', length: 0 }, { type: 'ByteLevel' }],
        }),
    ],
  ])('%s is not supported', async (_, change) => {
    const opened = besideSafetensors(({ tokenizer }) =>
      change(tokenizer, tokenizer['model'] as Json['tokenizer']),
    );
    await expect(opened).rejects.toThrow(code('unsupported-model'));
  });

  it.each<[string, (json: Json['tokenizer'], model: Json['tokenizer']) => void]>([
    ['no vocabulary', (_, model) => void delete model['vocab']],
    ['a list for a vocabulary', (_, model) => void (model['vocab'] = [])],
    ['an id that is no number', (_, model) => void (model['vocab'] = { a: 'b' })],
    ['an id below zero', (_, model) => void (model['vocab'] = { a: -1 })],
    ['an id beyond memory', (_, model) => void (model['vocab'] = { a: 4e9 })],
    ['no list of added tokens', (json) => void (json['added_tokens'] = 5)],
    ['an added token that is none', (json) => void (json['added_tokens'] = [null])],
    ['an added token without an id', (json) => void (json['added_tokens'] = [{ content: 'a' }])],
    ['an added token without a text', (json) => void (json['added_tokens'] = [{ id: 1 }])],
    ['merges that are none', (_, model) => void (model['merges'] = 7)],
    ['a post-processor that is none', (json) => void (json['post_processor'] = { type: 'none' })],
    ['a template that is none', (json) => void (json['post_processor'] = { type: 'TemplateProcessing' })],
    ['a normalizer that is none', (json) => void (json['normalizer'] = { type: 'none' })],
  ])('is refused with %s', async (_, change) => {
    const opened = besideSafetensors(({ tokenizer }) =>
      change(tokenizer, tokenizer['model'] as Json['tokenizer']),
    );
    await expect(opened).rejects.toThrow(code('corrupt-model'));
  });

  const use = async () => {
    const tokenizer = await openTokenizer(place());
    tokenizer.decode(tokenizer.encode(TEXT));
    tokenizer.renderChat([{ role: 'user', content: TEXT }]);
  };

  it.each(['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'])(
    'works or is refused, however its %s is damaged',
    async (name) => {
      await writeTinyDirectory(place());
      const whole = await readFile(place(name));
      await fc.assert(
        fc.asyncProperty(damaged(whole), async (bytes) => {
          await writeFile(place(name), bytes);
          await refusalOf(use());
        }),
        { seed: 7, numRuns: 100 },
      );
    },
  );

  it.each(['tokenizer.json', 'tokenizer_config.json'])(
    'works or is refused, whatever stands in its %s',
    async (name) => {
      const start = tinyJson();
      beginning(start);
      await writeTinyDirectory(place(), start);
      const whole: unknown = JSON.parse(await readFile(place(name), 'utf8'));
      await fc.assert(
        fc.asyncProperty(altered(whole), async (json) => {
          await writeFile(place(name), JSON.stringify(json));
          await refusalOf(use());
        }),
        { seed: 8, numRuns: 200 },
      );
    },
  );
});

describe('a tokenizer in GGUF', () => {
  it.each<[string, string, Record<string, GgufValue>]>([
    ['unsupported-model', 'another kind', { 'tokenizer.ggml.model': text('rwkv') }],
    ['unsupported-model', 'a kind that is no text', { 'tokenizer.ggml.model': u64(2n ** 63n) }],
    ['unsupported-model', 'an unknown rule', { 'tokenizer.ggml.pre': text('toString') }],
    ['unsupported-model', 'a name of a rule that is empty', { 'tokenizer.ggml.pre': text('') }],
    ['unsupported-model', 'a rule that is no text', { 'tokenizer.ggml.pre': u64(2n ** 63n) }],
    ['corrupt-model', 'a vocabulary of numbers', { 'tokenizer.ggml.tokens': array([u32(1)]) }],
    ['corrupt-model', 'an empty vocabulary', { 'tokenizer.ggml.tokens': array([], 0, 8) }],
    ['corrupt-model', 'a token twice', { 'tokenizer.ggml.tokens': array(['a', 'a'].map(text)) }],
    ['corrupt-model', 'merges of unknown tokens', { 'tokenizer.ggml.merges': array([text('h ö')]) }],
    ['corrupt-model', 'a merge of three', { 'tokenizer.ggml.merges': array([text('h e h')]) }],
    ['corrupt-model', 'too few kinds of token', { 'tokenizer.ggml.token_type': array([i32(1)]) }],
    ['corrupt-model', 'a kind for all', { 'tokenizer.ggml.token_type': u32(1) }],
    ['corrupt-model', 'an end that is no token', { 'tokenizer.ggml.eos_token_id': u32(TOKENS.length) }],
    ['corrupt-model', 'an end beyond counting', { 'tokenizer.ggml.eos_token_id': u64(2n ** 63n) }],
  ])('gives %s with %s', async (expected, _, changes) => {
    await expect(inGguf(changes)).rejects.toThrow(code(expected));
  });

  it('is refused with advice where it does not say how texts are split', async () => {
    const { 'tokenizer.ggml.pre': _, ...metadata } = tinyMetadata();
    const path = join(directory.path, 'tiny.gguf');
    await writeFile(path, tinyGguf({ metadata }));
    const opened = openTokenizer(path);
    await expect(opened).rejects.toThrow(code('unsupported-model'));
    await expect(opened).rejects.toThrow(/Take the safetensors/);
  });

  it('composes texts where the tokenizer of its family does', async () => {
    const metadata = {
      'tokenizer.ggml.tokens': array(
        TOKENS.map((token) => text(token === '[' ? 'Ã' : token === ']' ? '©' : token)),
      ),
    };
    const composed = ['Ã', '©'].map((token) => id(token === 'Ã' ? '[' : ']'));
    expect((await inGguf({ ...metadata, 'tokenizer.ggml.pre': text('qwen2') })).encode('e\u0301')).toEqual(
      composed,
    );
    expect((await inGguf(metadata)).encode('e\u0301')).toEqual([id('e')]);
  });
});
