import { createTextClassifier, type TextClassifierOptions } from '@halfspace/encoders';
import { defineJudge, HalfspaceError, type Judge } from '@halfspace/core';

/** Settings of {@link createClassifierJudge}. */
export interface ClassifierJudgeOptions
  extends TextClassifierOptions, Pick<Judge, 'name' | 'description' | 'desired'> {
  /** The class whose probability is the score: its place from 0, or its name in config.json (default: the last one). */
  readonly label?: number | string;
  /** From which score on a completion counts as what `description` says (default 0.5). */
  readonly threshold?: number;
}

/**
 * Any model that classifies texts as a judge: an ONNX graph with its tokenizer.json. A completion is judged by itself,
 * without its prompt.
 *
 * @throws HalfspaceError what `createTextClassifier` throws; `bad-judge`, also where the classes have other names
 */
export async function createClassifierJudge(options: ClassifierJudgeOptions): Promise<Judge> {
  const { name, description, desired, threshold = 0.5, label = -1 } = options;
  const classifier = await createTextClassifier(options);
  try {
    const { labels = [] } = classifier;
    const place = typeof label === 'number' ? label : labels.indexOf(label);
    if (typeof label === 'string' && place < 0) {
      throw new HalfspaceError(
        'bad-judge',
        `${options.path} has no class "${label}". It has: ${labels.join(', ') || 'classes without names, so give a number'}.`,
      );
    }
    return defineJudge({
      name,
      description,
      desired,
      threshold,
      revision: `${classifier.fingerprint.slice(0, 16)} ${label}`,
      async score(texts, signal) {
        const completions = texts.map(({ completion }) => completion);
        const found = await classifier.classify(completions, signal === undefined ? {} : { signal });
        return found.map((probabilities) => probabilities.at(place) ?? NaN);
      },
      dispose: async () => classifier.dispose(),
    });
  } catch (error) {
    await classifier.dispose();
    throw error;
  }
}
