import { type ChatMessage, type ScoreOptions } from '@halfspace/core';
import { apiErrorOf, badRequest } from '../http/api-error.js';
import { jsonResponse } from '../http/respond.js';
import { findModel } from '../models.js';
import { chatMessages } from '../request/messages.js';
import { checkNames } from '../request/steering.js';
import { checkRuns } from '../request/text-runs.js';
import type { Route } from './route.js';

/** `POST /halfspace/score`. */
export const score: Route = async (server, { body, raw, turn }) => {
  const { halfspace, names, models } = server;
  const {
    model = models[0].id,
    prompt,
    response,
    measure = names.attributes,
  } = body as {
    model?: string;
    prompt?: string;
    response: string;
    measure?: string[];
  };
  const { id } = findModel(models, model);
  turn.note({ model: id });
  checkNames({ measure }, names, '');
  if (prompt !== undefined && body['messages'] !== undefined) {
    throw badRequest('messages', 'Give one of prompt and messages.');
  }
  checkRuns(response, 'response');
  checkRuns(prompt ?? '', 'prompt');
  const before: string | ChatMessage[] =
    body['messages'] === undefined ? (prompt ?? '') : chatMessages(body['messages']);
  const work = server.work.begin(raw.signal);
  try {
    // Conversations are prompts, too, where a response is scored.
    const options = { prompt: before, response, measure, signal: work.signal } as ScoreOptions;
    const { margins, probability } = await halfspace.score(options);
    return jsonResponse({ object: 'halfspace.score', model: id, margins, probability });
  } catch (error) {
    throw work.reason ?? apiErrorOf(error, 'response');
  } finally {
    work.end();
  }
};
