import { type Backend, type LinearAttribute, subspaceFor } from '@halfspace/core';
import { compareFits, type FitVariant, type LabelledText } from '@halfspace/subspace';
import type { EvaluateSubspaceFlags } from './flags.js';
import { type FitData, tellOfData } from '../../data/fit-data.js';
import { arePairs } from '../../data/labelled-texts.js';
import { createProgress } from '../../terminal/progress.js';
import type { FitStudy } from '../../reports/subspace/fit-study.js';

/** Shares of the training data that a learning curve is made of. */
const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

/** Makes the fits that the flags ask for, all of them in one run of the model over the rows of either kind. */
export async function studyFits(
  backend: Backend,
  attribute: LinearAttribute,
  { training, judged }: { readonly training: FitData; readonly judged: readonly LabelledText[] },
  flags: EvaluateSubspaceFlags,
  signal: AbortSignal,
): Promise<FitStudy> {
  const { cut } = backend.model;
  const { layers } = subspaceFor(attribute, backend.model);
  const curve = flags.learningCurve ? SHARES.map((share): FitVariant => ({ layers, share })) : [];
  const sweep = layersOf(flags, backend).map((layer): FitVariant => ({ layers: [layer], share: 1 }));
  const progress = createProgress('Fitting', (done, total) => `${done} of ${total} tokens`);
  const { estimator, positions, centring } = flags;
  const compared = await compareFits(backend, training.rows, judged, [...curve, ...sweep], {
    pairs: arePairs(flags),
    chat: flags.chat ?? false,
    ...(estimator !== undefined && { estimator }),
    ...(positions !== undefined && { positions }),
    ...(centring !== undefined && { centring }),
    signal,
    onReport: (report) => tellOfData(report, training.leftOut()),
    onProgress: ({ done, total }) => progress.update(done, total),
  }).finally(() => progress.stop());
  return {
    training: compared.training,
    shared: compared.shared,
    ...(cut !== undefined && { cut }),
    ...(curve.length > 0 && { learningCurve: compared.fits.slice(0, curve.length) }),
    ...(sweep.length > 0 && { layerSweep: compared.fits.slice(curve.length) }),
  };
}

function layersOf({ sweepLayers = [] }: EvaluateSubspaceFlags, { model }: Backend): readonly number[] {
  if (sweepLayers !== 'all') return sweepLayers;
  return Array.from({ length: model.layers + 1 }, (_, layer) => layer);
}
