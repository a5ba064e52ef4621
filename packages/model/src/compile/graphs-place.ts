import { createHash } from 'node:crypto';
import type { ModelFile } from '../weights.js';

/** Raised whenever the graphs change, so that older ones are not used any more. */
export const GRAPH_FORMAT = 17;

/** Directory of compiled models in a cache. */
export const COMPILED = 'compiled';

/** What the name of a directory of graphs says. */
export interface PlaceName {
  /** The first digits of the model's fingerprint. */
  readonly fingerprint: string;
  /** Arithmetic of the graphs. */
  readonly precision: string;
  /** Which format they have; only those of {@link GRAPH_FORMAT} are used. */
  readonly format: number;
}

/** A name for all that the graphs depend on. Safetensors have the sizes in another file than the weights. */
export function placeName(
  { fingerprint }: Pick<ModelFile, 'fingerprint'>,
  architecture: object,
  precision: string,
): string {
  const about = createHash('sha256').update(JSON.stringify(architecture)).digest('hex').slice(0, 8);
  return `${fingerprint.slice(0, 16)}-${about}-${precision}-v${GRAPH_FORMAT}`;
}

/** Reads a name that {@link placeName}, perhaps of another version, has given; undefined where it is none. */
export function readPlaceName(name: string): PlaceName | undefined {
  const [, fingerprint, precision, format] =
    /^([0-9a-f]{16})-[0-9a-f]{8}-([a-z0-9-]+)-v(\d+)$/.exec(name) ?? [];
  if (fingerprint === undefined) return undefined;
  return { fingerprint, precision, format: Number(format) };
}
