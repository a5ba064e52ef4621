import type { RequestName } from './request-schemas.js';

/** What can be asked of a server: the one table that routes, checks and the OpenAPI document are made of. */
export interface Operation {
  /** In the document. */
  readonly summary: string;
  /** In lower case. */
  readonly method: 'get' | 'post';
  /** With parameters as OpenAPI writes them. */
  readonly path: string;
  /** Schema of the body, of a POST. */
  readonly request?: RequestName;
  /** Schema of the answer; a text where there is none. */
  readonly response?: string;
  /** Schema of the events, where the answer may come as a stream. */
  readonly chunk?: string;
  /** Whether no key is asked for. */
  readonly open?: true;
}

/** All operations, by their names. */
export const OPERATIONS = {
  health: {
    summary: 'Whether the server is ready',
    method: 'get',
    path: '/health',
    response: 'Health',
    open: true,
  },
  metrics: {
    summary: 'Figures for Prometheus, where the server keeps them',
    method: 'get',
    path: '/metrics',
  },
  openapi: { summary: 'This document', method: 'get', path: '/openapi.json' },
  listModels: {
    summary: 'The model, plain and with each preset',
    method: 'get',
    path: '/v1/models',
    response: 'ModelList',
  },
  getModel: { summary: 'One of them', method: 'get', path: '/v1/models/{model}', response: 'Model' },
  chat: {
    summary: 'Goes on with a conversation',
    method: 'post',
    path: '/v1/chat/completions',
    request: 'ChatCompletionRequest',
    response: 'ChatCompletion',
    chunk: 'ChatCompletionChunk',
  },
  complete: {
    summary: 'Goes on with a text',
    method: 'post',
    path: '/v1/completions',
    request: 'CompletionRequest',
    response: 'Completion',
    chunk: 'CompletionChunk',
  },
  tokenize: {
    summary: 'Tokens of a text or of a conversation',
    method: 'post',
    path: '/tokenize',
    request: 'TokenizeRequest',
    response: 'Tokens',
  },
  detokenize: {
    summary: 'The text of tokens',
    method: 'post',
    path: '/detokenize',
    request: 'DetokenizeRequest',
    response: 'Text',
  },
  applyTemplate: {
    summary: 'A conversation as the model sees it',
    method: 'post',
    path: '/apply-template',
    request: 'ApplyTemplateRequest',
    response: 'Prompt',
  },
  attributes: {
    summary: 'The attributes that requests can name, with their cards',
    method: 'get',
    path: '/halfspace/attributes',
    response: 'AttributeList',
  },
  score: {
    summary: 'Margins of a text that is already written',
    method: 'post',
    path: '/halfspace/score',
    request: 'ScoreRequest',
    response: 'Score',
  },
  judge: {
    summary: 'Scores of texts by the judges of the server, which are independent of the margins',
    method: 'post',
    path: '/halfspace/judge',
    request: 'JudgeRequest',
    response: 'JudgeList',
  },
  values: {
    summary: 'Makes a value of examples, where the server lets requests do that',
    method: 'post',
    path: '/halfspace/values',
    request: 'ValueRequest',
    response: 'Value',
  },
} as const satisfies Readonly<Record<string, Operation>>;

/** The name of one of {@link OPERATIONS}. */
export type OperationName = keyof typeof OPERATIONS;
