import { encodeDirection, type SubspaceArtifact } from '../artifact/subspace-artifact.js';

const interval = { auroc: 0.8, low: 0.7, high: 0.9 };

/** A valid artifact. */
export const ARTIFACT: SubspaceArtifact = {
  format: 'halfspace-subspace',
  version: 2,
  attribute: 'self-harm',
  model: { name: 'tiny', fingerprint: 'f00d', width: 2 },
  layers: [3],
  estimator: 'shrinkage',
  positions: 'every',
  centring: 'none',
  chat: false,
  shrinkage: 0.25,
  direction: encodeDirection(Float32Array.of(0.6, -0.8)),
  offset: 1.5,
  calibration: { slope: 2, intercept: -0.5 },
  prediction: { tokenEffects: 'AX+B/w==', unit: 0.25, meanReversion: 0.5, candidates: 40, explained: 0.4 },
  data: {
    digest: 'cafe',
    rows: 100,
    positive: 60,
    negative: 40,
    groups: 50,
    tokens: 1000,
    heldOut: { rows: 20, positive: 11, negative: 9, groups: 10, share: 0.2, seed: 0 },
  },
  figures: { last: interval, mean: interval, min: interval, every: interval },
  createdWith: '0.1.0',
};
