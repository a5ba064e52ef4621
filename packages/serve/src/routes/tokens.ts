import { encodePrompt, type Tokenizer } from '@halfspace/core';
import { badRequest } from '../http/api-error.js';
import { jsonResponse } from '../http/respond.js';
import { chatMessages } from '../request/messages.js';
import { checkRuns } from '../request/text-runs.js';
import type { ReadyServer, Route } from './route.js';

/** A text is tokenized if it may have so many times as many characters as the model takes tokens. */
const CHARACTERS_PER_TOKEN = 8;

/** `POST /tokenize`. */
export const tokenize: Route = ({ halfspace }, { body }) => {
  const { tokenizer, model } = halfspace.backend;
  const given = ['content', 'prompt', 'messages'].filter((field) => body[field] !== undefined);
  if (given.length !== 1) throw badRequest('content', 'Give one of content, prompt and messages.');
  const messages =
    body['messages'] === undefined
      ? undefined
      : chatMessages(body['messages'], tokenizer.toolCalls !== undefined);
  const text = messages === undefined ? String(body['content'] ?? body['prompt']) : messages;
  const length =
    typeof text === 'string' ? text.length : text.reduce((sum, { content }) => sum + content.length, 0);
  const most = CHARACTERS_PER_TOKEN * model.contextLength;
  if (length > most) {
    throw badRequest(
      given[0],
      `The field ${given[0]} has ${length} characters, and may have ${most}.`,
      'string_above_max_length',
    );
  }
  if (typeof text === 'string') checkRuns(text, given[0]);
  const { tokens } = encodePrompt(tokenizer, text);
  const pieces = body['with_pieces'] === true;
  return jsonResponse({
    tokens: pieces ? tokens.map((id) => ({ id, piece: pieceOf(tokenizer, id) })) : tokens,
    count: tokens.length,
    max_model_len: model.contextLength,
  });
};

/** The text of a token, or its bytes where it is part of a character. */
function pieceOf(tokenizer: Tokenizer, token: number): string | number[] {
  const bytes = tokenizer.bytes(token);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return [...bytes];
  }
}

/** `POST /detokenize`. */
export const detokenize: Route = (server, { body }) => {
  const tokens = body['tokens'] as number[];
  const content = server.halfspace.backend.tokenizer.decode(known(tokens, server));
  return jsonResponse({ content, prompt: content });
};

function known(tokens: number[], { halfspace }: ReadyServer): number[] {
  const { vocabularySize } = halfspace.backend.tokenizer;
  const at = tokens.findIndex((token) => token >= vocabularySize);
  if (at < 0) return tokens;
  throw badRequest(
    `tokens.${at}`,
    `There is no token ${tokens[at]}: ids go up to ${vocabularySize - 1}.`,
    'unknown-token',
  );
}

/** `POST /apply-template`. */
export const applyTemplate: Route = ({ halfspace }, { body }) => {
  const { tokenizer } = halfspace.backend;
  const messages = chatMessages(body['messages'], tokenizer.toolCalls !== undefined);
  return jsonResponse({ prompt: tokenizer.renderChat(messages) });
};
