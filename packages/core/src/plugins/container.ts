import 'reflect-metadata';
import { Container, type ServiceIdentifier } from 'inversify';
import type { Attribute } from '../contracts/attribute.js';
import type { Backend } from '../contracts/backend.js';
import { checkBackend } from './check-backend.js';
import { checkPlugin } from './check-plugin.js';
import { assemble, type Halfspace } from '../create-halfspace.js';

const BACKEND: ServiceIdentifier<Backend> = Symbol('Backend');
const ATTRIBUTE: ServiceIdentifier<Attribute> = Symbol('Attribute');
const HALFSPACE: ServiceIdentifier<Halfspace> = Symbol('Halfspace');

/** The parts of a {@link Halfspace}. */
export interface HalfspaceParts {
  /** Runs the model; made by a backend package such as `@halfspace/backend-onnx`. */
  readonly backend: Backend;
  /** Values that completions can be steered towards or measured by (default: none). */
  readonly attributes?: readonly Attribute[];
}

/**
 * The composition root: the one place where plugins are wired.
 *
 * @param parts - A backend, and the attributes that may be used with it.
 * @throws HalfspaceError `contract-mismatch` when a plugin is for another version of the contracts,
 * `bad-backend` for an object that is no backend, `bad-attribute` for one that `defineAttribute` did not
 * make, and when two attributes have one name.
 */
export function createHalfspace({ backend, attributes = [] }: HalfspaceParts): Halfspace {
  checkBackend(backend);
  for (const attribute of attributes) checkPlugin('attribute', attribute);
  const container = new Container();
  container.bind(BACKEND).toConstantValue(backend);
  for (const attribute of attributes) container.bind(ATTRIBUTE).toConstantValue(attribute);
  container
    .bind(HALFSPACE)
    .toDynamicValue((context) =>
      assemble(context.get(BACKEND), context.getAll(ATTRIBUTE, { optional: true })),
    );
  return container.get(HALFSPACE);
}
