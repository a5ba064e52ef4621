import type { Halfspace, Judge } from '@halfspace/core';
import type { Turn } from '../http/turn.js';
import type { WorkList } from '../http/work.js';
import type { ServerLimits } from '../limits.js';
import type { Metrics } from '../metrics.js';
import type { ServedModel } from '../models.js';
import type { Names, Steering } from '../request/steering.js';
import type { Body, Validator } from '../request/validator.js';
import type { AttributeCard, ValueExamples } from '../server-options.js';

/** What a server knows, once its model is there. */
export interface ReadyServer {
  readonly halfspace: Halfspace;
  readonly models: readonly ServedModel[];
  readonly names: Names;
  readonly defaults: Steering;
  readonly cards: Readonly<Record<string, AttributeCard>>;
  readonly limits: ServerLimits;
  readonly validator: Validator;
  readonly work: WorkList;
  readonly metrics: Metrics | undefined;
  readonly judges: readonly Judge[];
  /** Makes a value of examples; undefined where no request may. */
  readonly addValue: ((examples: ValueExamples, signal: AbortSignal) => Promise<void>) | undefined;
  /** When it was made, in seconds. */
  readonly created: number;
}

/** A request whose body has been checked. */
export interface RouteRequest {
  readonly raw: Request;
  /** An empty one, of a GET. */
  readonly body: Body;
  /** Of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly turn: Turn;
}

/** Answers a request. What it throws becomes an answer, too. */
export type Route = (server: ReadyServer, request: RouteRequest) => Response | Promise<Response>;
