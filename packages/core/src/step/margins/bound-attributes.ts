import {
  type Attribute,
  type Calibration,
  DEFAULT_CAP,
  HalfspaceError,
  type LinearAttribute,
  type ModelInfo,
  type ScoringAttribute,
  type Subspace,
} from '@halfspace/contracts';
import { didYouMean } from '../../text/nearest.js';

/** An attribute as a run uses it: where its distances come from, and what they mean. */
export interface BoundAttribute {
  readonly name: string;
  /** The subspace for the run's model, or the plugin to ask. */
  readonly source: Subspace | ScoringAttribute;
  /** Turns distances into margins. What a plugin answers is a margin already. */
  readonly calibration: Calibration;
  /** Up to which margin a candidate is the better for it where a request says nothing else. */
  readonly cap: number;
}

const IDENTITY: Calibration = { slope: 1, intercept: 0 };

/** Whether distances come from a plugin. */
export function isScoring(source: Subspace | ScoringAttribute): source is ScoringAttribute {
  return 'score' in source;
}

/**
 * Binds each named attribute to a model.
 *
 * @param names - Each once; the order is kept.
 * @param early - Whether to prefer subspaces whose candidates can stop early.
 * @throws HalfspaceError `unknown-attribute`, `subspace-of-another-model`, `unknown-layer`
 */
export function bindAttributes(
  attributes: readonly Attribute[],
  names: readonly string[],
  model: ModelInfo,
  early = false,
): BoundAttribute[] {
  return names.map((name) => {
    const attribute = attributes.find((each) => each.name === name);
    if (attribute === undefined) {
      const known = attributes.map((each) => each.name);
      throw new HalfspaceError(
        'unknown-attribute',
        `There is no attribute "${name}".${didYouMean(name, known)} Known here: ${known.join(', ') || 'none'}.`,
      );
    }
    const source = 'score' in attribute ? attribute : subspaceFor(attribute, model, early);
    if (isScoring(source)) checkLayers(source, model);
    const calibration = isScoring(source) ? IDENTITY : source.calibration;
    return { name, source, calibration, cap: attribute.cap ?? DEFAULT_CAP };
  });
}

/**
 * The subspace that an attribute has for a model: of several the one that reads the deepest layer.
 *
 * @param early - Whether it should rather be the deepest that reads nothing above {@link ModelInfo.cut}, if there is one
 * (default false).
 * @throws HalfspaceError `subspace-of-another-model`
 */
export function subspaceFor(attribute: LinearAttribute, model: ModelInfo, early = false): Subspace {
  const own = [...subspacesFor(attribute, model)].sort((a, b) => deepest(b) - deepest(a));
  const { cut = -1 } = model;
  const subspace = (early ? own.find((each) => deepest(each) <= cut) : undefined) ?? own[0];
  if (subspace === undefined || !fits(subspace, model)) throw ofAnotherModel(attribute.name, model);
  return subspace;
}

/** A model of which no more is known than which one it is, and what subspaces there are for it. */
export type KnownModel = Pick<ModelInfo, 'name' | 'fingerprint' | 'subspaces'>;

/**
 * The subspaces that an attribute has for a model: its own, and those that the user has made for the model
 * ({@link ModelInfo.subspaces}) in place of those that came with a package. None for an attribute that a function computes.
 */
export function subspacesFor(
  attribute: Attribute,
  { fingerprint, subspaces = {} }: KnownModel,
): readonly Subspace[] {
  if (!('subspaces' in attribute)) return [];
  const own = attribute.subspaces.filter(({ model }) => model === fingerprint);
  const found = Object.hasOwn(subspaces, attribute.name) ? subspaces[attribute.name] : [];
  return found.length > 0 && own.every(({ shipped }) => shipped) ? found : own;
}

/**
 * Makes sure that attributes with subspaces have one for a model of which no more is known than its fingerprint, as before it
 * is loaded. {@link subspaceFor} looks more closely.
 *
 * @throws HalfspaceError `subspace-of-another-model`
 */
export function assertSubspaces(attributes: readonly Attribute[], model: KnownModel): void {
  for (const attribute of attributes) {
    if (!('subspaces' in attribute) || subspacesFor(attribute, model).length > 0) continue;
    throw ofAnotherModel(attribute.name, model);
  }
}

function ofAnotherModel(attribute: string, { name, fingerprint }: KnownModel): HalfspaceError {
  return new HalfspaceError(
    'subspace-of-another-model',
    `The attribute "${attribute}" has no subspace for ${name} (${fingerprint.slice(0, 12)}…). ` +
      'A subspace only means something to the model whose hidden states it was fitted on: fit one.',
  );
}

function deepest({ layers }: Subspace): number {
  return Math.max(...layers);
}

function fits({ direction, layers }: Subspace, model: ModelInfo): boolean {
  return direction.length === model.width * layers.length && layers.every((layer) => layer <= model.layers);
}

function checkLayers({ name, layers }: ScoringAttribute, model: ModelInfo): void {
  const wrong = layers.find((layer) => layer > model.layers);
  if (wrong === undefined) return;
  throw new HalfspaceError(
    'unknown-layer',
    `The attribute "${name}" reads layer ${wrong}, and ${model.name} has layers 0 to ${model.layers}.`,
  );
}
