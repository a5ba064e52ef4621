import {
  attributeOf,
  encodePrediction,
  fitTokenEffects,
  readSubspace,
  writeSubspace,
} from '@halfspace/subspace';
import { assertWritable } from '@halfspace/files';
import type { FitPredictionFlags } from './flags.js';
import { onlyFor } from '../../attributes/load-attributes.js';
import { print, printJson } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';
import { readPrompts } from '../../data/read-prompts.js';
import { table } from '../../terminal/table.js';
import { withBackend } from '../../model/with-backend.js';

/** `halfspace fit-prediction`. */
export async function fitPrediction(
  files: readonly string[],
  flags: FitPredictionFlags,
  signal: AbortSignal,
): Promise<void> {
  const artifacts = await Promise.all(files.map(readSubspace));
  for (const file of files) await assertWritable(file);
  const prompts = (await readPrompts(flags.prompts, signal)).slice(0, flags.limit);
  const fitted = await withBackend(
    { ...flags, ...onlyFor(artifacts.map((each) => attributeOf(each))) },
    signal,
    async (backend) => {
      const progress = createProgress('Completing', (done, total) => `${done} of ${total} prompts`);
      return fitTokenEffects(backend, artifacts, {
        prompts,
        maxTokens: flags.maxTokens,
        seed: flags.seed,
        signal,
        onProgress: ({ done, total }) => progress.update(done, total),
      }).finally(() => progress.stop());
    },
  );
  for (const [i, { candidates, explained, ...prediction }] of fitted.entries()) {
    const record = { ...encodePrediction(prediction), candidates, explained };
    await writeSubspace(files[i], { ...artifacts[i], prediction: record });
  }
  if (flags.json) {
    fitted.forEach(({ meanReversion, candidates, explained }, i) =>
      printJson({
        file: files[i],
        attribute: artifacts[i].attribute,
        candidates,
        meanReversion,
        explained,
      }),
    );
    return;
  }
  const rows = fitted.map(({ candidates, explained }, i) => [
    artifacts[i].attribute,
    candidates.toLocaleString('en'),
    `${(100 * explained).toFixed(0)} %`,
    files[i],
  ]);
  const heading = ['attribute', 'candidates', 'of the changes explained', 'written to'];
  for (const line of table([heading, ...rows])) print(line);
}
