import type { Attribute, LinearAttribute, Prediction, ScoringAttribute, Subspace } from './attribute.js';
import { fieldsOf, seal } from '../plugin/check-plugin.js';
import { describeValue } from '../complaint-of.js';
import { SPECIFICATION_VERSIONS } from '../specification-version.js';
import { checkDefinition, timeoutFault } from '../plugin/definition.js';
import { HalfspaceError } from '../errors.js';
import { checkName } from '../plugin/plugin-name.js';

/** What an author writes to declare an attribute of fitted subspaces. */
export type LinearAttributeDefinition<Name extends string = string> = Omit<
  LinearAttribute<Name>,
  'specificationVersion'
>;

/** What an author writes to declare an attribute that a function measures. */
export interface ScoringAttributeDefinition<Name extends string = string> extends Pick<
  ScoringAttribute<Name>,
  'name' | 'description' | 'cap' | 'score'
> {
  /** Layers whose hidden states `score` reads (default: none). */
  readonly layers?: readonly number[];
  /** Milliseconds that an answer may take, above 0 (default 10000). */
  readonly timeoutMs?: number;
}

/** What an author writes to declare an attribute: subspaces, or a function that scores. */
export type AttributeDefinition<Name extends string = string> =
  | LinearAttributeDefinition<Name>
  | ScoringAttributeDefinition<Name>;

/**
 * Up to which margin a candidate is the better for it where neither request nor definition say so, in log-odds: up to the
 * boundary, so that candidates inside the halfspace are equals, and one outside it is the less probable the farther out it lies.
 */
export const DEFAULT_CAP = 0;
/** How far from 1 the norm of a float32 direction may be. */
const NORM_TOLERANCE = 1e-4;
const TIMEOUT_MS = 10_000;

/**
 * Declares an attribute. The definition is checked, copied and frozen, so that a fault in a plugin shows
 * where the plugin is loaded and not in the middle of a completion.
 *
 * An attribute is named by what is true of the text on its positive side, as an adjective: `formal`, `brief`, `nontoxic`, not
 * `formality`, `length` or `toxicity`. So `{ formal: 2 }`, `formal > 0` and "at least" read as what they do.
 *
 * There are two kinds. A *linear* attribute has `subspaces` and costs next to nothing: its margins are
 * read from the hidden states of all candidates in one pass. A *scoring* attribute has `score`, which is
 * asked for the margins of a step's candidates: all of them where some weight is not 0, else the token
 * drawn alone. Each call is about one completion; those about several completions run at the same time, and
 * decoding waits for the last. One that throws, answers wrongly or not in time ends its completion with the
 * error `attribute-failed` and harms no other; only a loop that never gives control back cannot be helped.
 *
 * @typeParam Name - The name as it is written, so that it is known to who uses the attribute; leave it to be inferred.
 * @throws HalfspaceError `bad-attribute` when the definition is no object, the name is not kebab-case or one that an
 * attribute had before (`toxicity` is now `nontoxic`), the description is empty, two
 * subspaces are for the same model and end at the same layer, a subspace is not a unit direction with finite numbers and a
 * positive slope, a prediction is not finite, or `cap`, `score`, `layers` or `timeoutMs` cannot be.
 */
export function defineAttribute<Name extends string>(
  definition: LinearAttributeDefinition<Name>,
): LinearAttribute<Name>;
export function defineAttribute<Name extends string>(
  definition: ScoringAttributeDefinition<Name>,
): ScoringAttribute<Name>;
export function defineAttribute<Name extends string>(definition: AttributeDefinition<Name>): Attribute<Name>;
export function defineAttribute(definition: AttributeDefinition): Attribute {
  checkDefinition('attribute', definition);
  const { name, description, cap = DEFAULT_CAP } = definition;
  checkName('attribute', name);
  if (typeof description !== 'string' || description.trim() === '') {
    fail(name, 'has no description; say in one line what its positive side means.');
  }
  if (!(typeof cap === 'number' && cap >= 0)) {
    fail(name, `has the cap ${describeValue(cap)}; it is a margin, at least 0, or Infinity for no limit.`);
  }
  const linear = 'subspaces' in definition;
  if (linear === 'score' in definition) {
    fail(name, 'needs either subspaces, to be read from hidden states, or a function score.');
  }
  const named = { specificationVersion: SPECIFICATION_VERSIONS.attribute, name, description, cap } as const;
  return seal('attribute', {
    ...named,
    ...(linear ? checkedLinear(definition) : checkedScoring(definition)),
  });
}

function checkedLinear({ name, subspaces }: LinearAttributeDefinition) {
  if (!Array.isArray(subspaces)) fail(name, 'has subspaces that are no list.');
  const known = new Set<string>();
  for (const subspace of subspaces as unknown[]) {
    if (typeof subspace !== 'object' || subspace === null)
      fail(name, `has ${describeValue(subspace)} as a subspace.`);
    const { model, layers, direction, calibration } = subspace as Subspace;
    if (typeof model === 'object')
      fail(
        name,
        'has a subspace file as a subspace: write addSubspaces(attribute, file), of @halfspace/subspace, or subspaceOf(file).',
      );
    if (typeof model !== 'string') fail(name, 'has a subspace whose model is no text.');
    if (!Array.isArray(layers)) fail(name, `has a subspace whose layers are no list.`);
    if (!(ArrayBuffer.isView(direction) && 'every' in direction))
      fail(name, 'has a direction that is no Float32Array.');
    if (typeof calibration !== 'object' || calibration === null)
      fail(name, 'has a subspace without a calibration.');
    for (const layer of layers) checkLayer(name, layer);
    const which = `${model}, deepest layer ${Math.max(...layers)}`;
    if (known.has(which)) fail(name, `has two subspaces for the model ${which}; keep one.`);
    known.add(which);
  }
  return { subspaces: Object.freeze(subspaces.map((subspace) => checkedCopy(name, subspace))) };
}

function checkedScoring(definition: ScoringAttributeDefinition) {
  const { name, score, layers = [], timeoutMs = TIMEOUT_MS } = definition;
  if (typeof score !== 'function') fail(name, 'has a score that is no function.');
  const fault = timeoutFault(timeoutMs);
  if (fault !== undefined) fail(name, fault);
  if (!Array.isArray(layers)) fail(name, 'has layers that are no list.');
  for (const layer of layers) checkLayer(name, layer);
  return {
    layers: Object.freeze([...new Set(layers)]),
    timeoutMs,
    score: (step: Parameters<typeof score>[0]) => definition.score(step),
  };
}

function checkedCopy(name: string, subspace: Subspace): Subspace {
  const { model, layers, direction, offset, calibration, prediction, fittedOn, readings, shipped } = subspace;
  const { slope, intercept } = calibration;
  if (model === '') fail(name, 'has a subspace without a model fingerprint.');
  if (layers.length === 0) fail(name, 'has a subspace that reads no layer.');
  if (layers.some((layer, i) => i > 0 && layer <= layers[i - 1])) {
    fail(name, `reads the layers ${layers.join(', ')}; give each once, in ascending order.`);
  }
  const norm = direction.every(Number.isFinite) ? Math.hypot(...direction) : NaN;
  if (!(Math.abs(norm - 1) < NORM_TOLERANCE)) {
    fail(name, `has a direction of norm ${norm}; divide direction and offset by it and multiply the slope.`);
  }
  for (const [what, value] of Object.entries({ offset, slope, intercept })) {
    if (!Number.isFinite(value))
      fail(name, `has the ${what} ${describeValue(value)}; it must be a finite number.`);
  }
  if (slope <= 0) {
    fail(name, `has the slope ${slope}; the positive side must be the desired one, so turn the direction.`);
  }
  return Object.freeze({
    model,
    layers: Object.freeze([...layers]),
    direction: direction.slice(),
    offset,
    calibration: Object.freeze({ slope, intercept }),
    ...(prediction !== undefined && { prediction: checkedPrediction(name, prediction) }),
    ...(fittedOn !== undefined && { fittedOn }),
    ...(readings !== undefined && { readings: Object.freeze({ ...readings }) }),
    ...(shipped === true && { shipped }),
  });
}

function checkedPrediction(name: string, prediction: Prediction): Prediction {
  const { tokenEffects, meanReversion } = fieldsOf(prediction);
  if (!(tokenEffects instanceof Float32Array && tokenEffects.every(Number.isFinite))) {
    fail(name, 'has a prediction whose tokenEffects are not finite float32 numbers.');
  }
  if (!(typeof meanReversion === 'number' && meanReversion >= 0 && meanReversion <= 1)) {
    fail(
      name,
      `has a prediction with the meanReversion ${describeValue(meanReversion)}; it is a share, 0 to 1.`,
    );
  }
  return Object.freeze({ tokenEffects: tokenEffects.slice(), meanReversion });
}

function checkLayer(name: string, layer: number): void {
  if (!Number.isInteger(layer) || layer < 0)
    fail(name, `reads layer ${describeValue(layer)}; layers are counted from 0.`);
}

function fail(name: string, complaint: string): never {
  throw new HalfspaceError('bad-attribute', `The attribute "${name}" ${complaint}`);
}
