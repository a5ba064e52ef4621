import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChatMessage, Tokenizer } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { tinyJson, writeTinyDirectory } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { createTokenizer, type TokenizerOptions } from './tokenizer.js';

/** What fixtures/make-chats.py writes: conversations as transformers renders them, or the complaint of the template. */
const { chats, families } = JSON.parse(
  await readFile(new URL('../../fixtures/chats.json', import.meta.url), 'utf8'),
) as {
  chats: Record<string, ChatMessage[]>;
  families: { name: string; template: string; chats: Record<string, { text?: string; error?: string }> }[];
};

const directory = useTemporaryDirectory();
const code = (expected: string) => expect.objectContaining({ code: expected });

async function talking(template: string | undefined, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const place = join(directory.path, 'model');
  await mkdir(place, { recursive: true });
  const json = tinyJson();
  json.tokenizerConfig = { bos_token: '<s>', eos_token: '</s>' };
  await writeTinyDirectory(place, json);
  const file = join(place, 'chat_template.jinja');
  if (template === undefined) await rm(file);
  else await writeFile(file, template);
  const model = await openModelFile(place);
  try {
    return await createTokenizer(model, options);
  } finally {
    await model.close();
  }
}

describe.each(families)('a chat template like that of $name', ({ name, template, chats: rendered }) => {
  it.each(Object.entries(rendered))('renders "%s" as transformers does', async (what, { text, error }) => {
    const tokenizer = await talking(template);
    if (text !== undefined) expect(tokenizer.renderChat(chats[what])).toBe(text);
    else {
      expect(() => tokenizer.renderChat(chats[what])).toThrow(code('bad-chat-template'));
      expect(() => tokenizer.renderChat(chats[what]), name).toThrow(`does not take these messages: ${error}`);
    }
  });
});

describe('a chat template that is given', () => {
  const hello = chats['user'];

  it('takes the place of that of the model, and of none', async () => {
    const options = { chatTemplate: '{{ bos_token }}> {{ messages[0].content }}' };
    for (const own of ['other', undefined]) {
      const tokenizer = await talking(own, options);
      expect(tokenizer.renderChat(hello)).toBe('<s>> Hi there');
      expect(tokenizer.encodeChat?.(hello)).toEqual(tokenizer.encode('<s>> Hi there'));
    }
    const none = await talking(undefined);
    expect(() => none.renderChat(hello)).toThrow(code('no-chat-template'));
    expect(() => none.renderChat(hello)).toThrow(/--chat-template FILE/);
  });

  it('is read at once', async () => {
    const bad = talking('other', { chatTemplate: '{% if %}' });
    await expect(bad).rejects.toThrow(code('bad-chat-template'));
    await expect(bad).rejects.toThrow(/^The chat template that was given cannot be read/);
  });
});
