import {
  type AnyGenerateOptions,
  checkRequest,
  type Completion,
  type GenerateOptions,
  isHalfspaceError,
  type StreamEvent,
} from '@halfspace/core';
import type { AnswerShape } from '../answers/shape.js';
import { chatShape, textShape } from '../answers/shape.js';
import { streamedAnswer } from '../answers/streamed-answer.js';
import { type RequestFigures, wholeAnswer } from '../answers/whole-answer.js';
import { type ApiError, apiErrorOf, badRequest } from '../http/api-error.js';
import { jsonResponse } from '../http/respond.js';
import { event, EVENT_STREAM_HEADERS, eventStream } from '../http/sse.js';
import type { Work } from '../http/work.js';
import { findModel } from '../models.js';
import { checkCount, decodingOptions } from '../request/decoding.js';
import { ignoredFields } from '../request/ignored.js';
import { chatMessages } from '../request/messages.js';
import { checkRuns } from '../request/text-runs.js';
import { type RequestTools, requestTools } from '../request/tools.js';
import { refuseUnsupported } from '../request/unsupported.js';
import type { ReadyServer, Route, RouteRequest } from './route.js';

/** Tokens of a completion of a text that says no number, as OpenAI has it. */
const TEXT_TOKENS = 16;

/** Milliseconds for which an answer waits to know whether it is an error, before a stream is begun. */
const WAIT_MS = 2000;

/** Fields that are not looked at where no tool can be called. */
const TOOL_FIELDS = ['tools', 'parallel_tool_calls'];

/** What is to be decoded, and how it is told. */
interface Asked {
  readonly options: AnyGenerateOptions;
  readonly shape: AnswerShape;
  readonly figures: RequestFigures;
  /** The field that the prompt is in. */
  readonly field: 'messages' | 'prompt';
}

/** `POST /v1/chat/completions`. */
export const chat: Route = async (server, request) => {
  const { body } = request;
  const { topLogprobs, logprobs } = chatLogprobsOf(body);
  const tools = requestTools(body, server.halfspace);
  const knowsTools = server.halfspace.backend.tokenizer.toolCalls !== undefined;
  const asked = askedOf(server, request, 'ChatCompletionRequest', {
    field: 'messages',
    prompt: () => ({
      messages: chatMessages(body['messages'], knowsTools),
      ...(tools && { tools: tools.tools }),
    }),
    tools,
    maxTokens: server.limits.maxTokens,
    topLogprobs,
    shapeOf: (head) => chatShape({ ...head, logprobs }, server.halfspace.backend.tokenizer, tools?.format),
  });
  return answer(server, request, asked);
};

/** `POST /v1/completions`. */
export const complete: Route = async (server, request) => {
  const { prompt, logprobs } = request.body as { prompt: string | string[]; logprobs?: number };
  const asked = askedOf(server, request, 'CompletionRequest', {
    field: 'prompt',
    prompt() {
      for (const text of typeof prompt === 'string' ? [prompt] : prompt) checkRuns(text, 'prompt');
      return typeof prompt === 'string' ? { prompt } : { prompts: prompt };
    },
    maxTokens: TEXT_TOKENS,
    topLogprobs: logprobs ?? 0,
    shapeOf: (head) => textShape({ ...head, logprobs: logprobs !== undefined }),
  });
  return answer(server, request, asked);
};

function chatLogprobsOf({ logprobs = false, top_logprobs = 0 }: RouteRequest['body']) {
  if (logprobs !== true && Number(top_logprobs) > 0) {
    throw badRequest('top_logprobs', 'The field top_logprobs goes with "logprobs": true.');
  }
  return { logprobs: logprobs === true, topLogprobs: Number(top_logprobs) };
}

interface Kind {
  readonly field: Asked['field'];
  readonly prompt: () => Pick<AnyGenerateOptions, 'messages' | 'prompt' | 'prompts' | 'tools'>;
  readonly tools?: RequestTools | undefined;
  readonly maxTokens: number;
  readonly topLogprobs: number;
  readonly shapeOf: (head: { model: string; fingerprint: string; created: number }) => AnswerShape;
}

function askedOf(
  server: ReadyServer,
  { body, turn }: RouteRequest,
  name: 'ChatCompletionRequest' | 'CompletionRequest',
  { field, prompt, tools, maxTokens, topLogprobs, shapeOf }: Kind,
): Asked {
  const { limits, validator, halfspace } = server;
  const model = findModel(server.models, body['model'] as string);
  turn.note({ model: model.id });
  refuseUnsupported(body);
  const decoding = decodingOptions(body, model, { ...server, maxTokens, topLogprobs });
  const filters = tools === undefined ? decoding.filters : [tools.filter, ...(decoding.filters ?? [])];
  const options = { ...decoding, ...(filters && { filters }), ...prompt() };
  checkCount(options, limits);
  return {
    field,
    options,
    shape: shapeOf({
      model: model.id,
      fingerprint: halfspace.backend.model.fingerprint,
      created: Math.floor(Date.now() / 1000),
    }),
    figures: {
      seed: decoding.seed ?? 0,
      warnings: ignoredFields(validator, name, body, tools ? [] : TOOL_FIELDS),
    },
  };
}

async function answer(server: ReadyServer, request: RouteRequest, asked: Asked): Promise<Response> {
  const { options, field } = asked;
  await checkRequest(options, server.halfspace.attributes).catch((error: unknown) => {
    const formula = options.formula === undefined ? 'halfspace.weights' : 'halfspace.formula';
    throw apiErrorOf(error, isHalfspaceError(error, 'formula-invalid') ? formula : 'halfspace');
  });
  const work = server.work.begin(request.raw.signal);
  try {
    return await (request.body['stream'] === true
      ? streamed(server, request, asked, work)
      : whole(server, request, asked, work));
  } catch (error) {
    work.end();
    throw endedBy(work, error, field);
  }
}

/** What a client is told of an error: why its work was ended, if it was. */
function endedBy(work: Work, error: unknown, field: string): ApiError {
  return work.reason ?? apiErrorOf(error, field);
}

async function whole(
  server: ReadyServer,
  { turn }: RouteRequest,
  asked: Asked,
  work: Work,
): Promise<Response> {
  const { options, shape, figures } = asked;
  const completions = await server.halfspace.generate({ ...options, signal: work.signal } as GenerateOptions);
  for (const each of completions) server.metrics?.countCompletion(each);
  turn.noteCompletions(completions);
  const value = wholeAnswer(completions, options.samples ?? 1, shape, figures);
  work.end();
  return jsonResponse(value);
}

async function streamed(
  server: ReadyServer,
  request: RouteRequest,
  asked: Asked,
  work: Work,
): Promise<Response> {
  const { options, shape, figures, field } = asked;
  const { turn } = request;
  const source = server.halfspace.stream({
    ...options,
    streamTokens: true,
    signal: work.signal,
  } as GenerateOptions);
  const completions: Completion[] = [];

  async function* noted(): AsyncGenerator<StreamEvent> {
    for await (const each of source) {
      if (each.type !== 'completion') turn.noteFirst();
      else {
        completions.push(each.completion);
        server.metrics?.countCompletion(each.completion);
      }
      yield each;
    }
  }

  const { stream_options: more } = request.body as { stream_options?: { include_usage?: boolean } };
  const parts = streamedAnswer(noted(), options.samples ?? 1, shape, figures, more?.include_usage === true);
  let ended = false;
  /** However it ends: at its end, by an error, or because the client has gone, before it has read anything or later. */
  function end(error: ApiError | undefined): void {
    if (ended) return;
    ended = true;
    work.end();
    turn.noteCompletions(completions);
    turn.finish(200, error);
  }
  /** A stream that has begun can only say in an event that something went wrong. */
  async function* safely(first: Promise<IteratorResult<string, void>>): AsyncGenerator<string, void> {
    try {
      for (let next = await first; next.done !== true; next = await parts.next()) yield next.value;
      end(undefined);
    } catch (error) {
      const told = endedBy(work, error, field);
      end(told);
      // As a client's own `fetch` would have it, where this is its `fetch`.
      if (told.status === 499) throw new DOMException(told.message, 'AbortError');
      yield event(told.body);
    }
  }

  const first = parts.next();
  await Promise.race([first, new Promise((resolve) => setTimeout(resolve, WAIT_MS).unref?.())]);
  turn.postpone();
  // Its work is over then, whether or not the client ever reads of it.
  work.signal.addEventListener('abort', () => end(work.reason));
  const body = eventStream(safely(first), () => {
    work.abandon();
    first.then(() => parts.return()).catch(() => undefined);
  });
  return new Response(body, { headers: EVENT_STREAM_HEADERS });
}
