import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { createLoadBars, harmless } from 'halfspace';

/**
 * Completes a prompt without and with an attribute, and prints both.
 *
 * The model is the default one, or that of the first argument on the command line.
 */
export async function compare({ attribute, prompt, weight, samples = 3, maxTokens = 24 }) {
  const [model] = process.argv.slice(2);
  const bars = createLoadBars();
  const backend = await createOnnxBackend({ model, onProgress: bars.onProgress }).finally(() => bars.stop());
  const halfspace = await createHalfspace({ backend, attributes: [attribute] });
  try {
    console.log(`${attribute.name}: ${attribute.description}`);
    for (const each of [0, weight]) {
      console.log(`\nweight ${each}`);
      for (const { text, margins, error } of await halfspace.generate({
        prompt,
        samples,
        maxTokens,
        weights: { [attribute.name]: each },
      })) {
        // A fault of the attribute ends its own completion: nothing is thrown, so it must be looked at.
        if (error !== undefined) {
          console.error(harmless(error.message));
          process.exitCode = 1;
        }
        const margin = margins[attribute.name].mean.toFixed(2).padStart(6);
        // What a terminal would obey is shown instead.
        console.log(`${margin}  ${harmless(JSON.stringify(prompt + text))}`);
      }
    }
  } finally {
    await halfspace.dispose();
  }
}
