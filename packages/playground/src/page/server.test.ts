import { expect, it } from 'vitest';
import { createServerClient } from './server.js';

const ASKED = { path: '/v1/completions', body: {} } as const;

/** A server that answers with some bytes, in pieces. */
function answering(...pieces: readonly string[]): typeof fetch {
  return async () =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
          controller.close();
        },
      }),
    );
}

const chunk = (text: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ text, finish_reason: finish, logprobs: { tokens: [text] } }] })}\n\n`;

async function texts(ask: typeof fetch): Promise<string[]> {
  const found = [];
  for await (const { text } of createServerClient(undefined, ask).stream(ASKED, new AbortController().signal))
    found.push(text);
  return found;
}

it('reads a stream however it is cut', async () => {
  const whole = `: ping\n\n${chunk('a')}${chunk('é')}${chunk('', 'stop')}data: [DONE]\n\n`;
  for (const size of [1, 7, 1000]) {
    const cut = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
      whole.slice(i * size, (i + 1) * size),
    );
    expect(await texts(answering(...cut))).toEqual(['a', 'é', '']);
  }
});

it.each([
  ['ends too early', chunk('a')],
  ['is no JSON', 'data: {\n\n'],
])('says what to do about a stream that %s', async (_, stream) => {
  await expect(texts(answering(stream))).rejects.toThrow('start it again with "npx halfspace playground"');
});

it('says what the server says of an error', async () => {
  await expect(texts(answering('data: {"error":{"message":"Too long."}}\n\n'))).rejects.toThrow('Too long.');
  const refuse: typeof fetch = async () =>
    Response.json({ error: { message: 'No such model.' } }, { status: 404 });
  await expect(createServerClient(undefined, refuse).json('/v1/models')).rejects.toThrow('No such model.');
});
