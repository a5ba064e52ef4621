import type { Calibration, Prediction, Readings, Subspace } from '@halfspace/contracts';

/** What a subspace file says that margins need; `@halfspace/subspace` has all of it, and checks it. */
export interface SubspaceRecord {
  /** The model that it is for. */
  readonly model: {
    /** As {@link Subspace.model}. */
    readonly fingerprint: string;
  };
  /** As {@link Subspace.layers}. */
  readonly layers: readonly number[];
  /** Base64 of little-endian float32. */
  readonly direction: string;
  /** As {@link Subspace.offset}. */
  readonly offset: number;
  /** As {@link Subspace.calibration}. */
  readonly calibration: Calibration;
  /** As {@link Subspace.prediction}. */
  readonly prediction?: {
    /** Base64 of a signed byte for each token. */
    readonly tokenEffects: string;
    /** Distance that a 1 stands for. */
    readonly unit: number;
    /** As {@link Prediction.meanReversion}. */
    readonly meanReversion: number;
  };
  /** As {@link Subspace.readings}. */
  readonly readings?: Readings;
  /** What it was fitted on. */
  readonly data: {
    /** As {@link Subspace.fittedOn}. */
    readonly digest: string;
  };
}

/** The subspace of a file. */
export function decodeSubspace(record: SubspaceRecord): Subspace {
  const { model, layers, direction, offset, calibration, prediction, readings, data } = record;
  return {
    model: model.fingerprint,
    layers,
    direction: floatsOf(direction),
    offset,
    calibration,
    ...(prediction && { prediction: decodePrediction(prediction) }),
    ...(readings && { readings }),
    fittedOn: data.digest,
  };
}

function decodePrediction({
  tokenEffects,
  unit,
  meanReversion,
}: NonNullable<SubspaceRecord['prediction']>): Prediction {
  const bytes = Int8Array.from(bytesOf(tokenEffects));
  return { tokenEffects: Float32Array.from(bytes, (byte) => byte * unit), meanReversion };
}

/** Whole numbers alone: what is left at the end is for who checks the file to find. */
function floatsOf(encoded: string): Float32Array {
  const bytes = bytesOf(encoded);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(4 * i, true));
}

function bytesOf(encoded: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
}
