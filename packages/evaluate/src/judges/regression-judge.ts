import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  createSentenceEncoder,
  type SentenceEncoder,
  type SentenceEncoderOptions,
} from '@halfspace/encoders';
import { defineJudge, HalfspaceError, type Judge, type JudgedText } from '@halfspace/core';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** Settings of the judges that come with the kit. */
export type RegressionJudgeOptions = Omit<SentenceEncoderOptions, 'model'>;

/** What a regression reads of a text: the code that its weights were fitted for. */
export interface TextFeatures {
  /** The texts whose sentence vectors are read, always as many. */
  readonly sentencesOf: (text: JudgedText) => readonly string[];
  /** Those vectors as one, which has a weight for each of its numbers. */
  readonly combine: (vectors: readonly Float32Array[]) => Float32Array;
  /** Lexical features by name; those that are not there, or have no weight, count 0. */
  readonly lexicalOf: (text: JudgedText) => ReadonlyMap<string, number>;
}

/** What is particular to a judge that is a regression. */
export interface RegressionJudgeDefinition extends Pick<Judge, 'name' | 'description' | 'desired'> {
  readonly features: TextFeatures;
  /** File of its weights, as judge-fits/ writes it. */
  readonly weights: URL;
}

/** log-odds = intercept + vector · combined sentence vectors + Σ lexical weight · feature. */
interface RegressionWeights {
  /** Fingerprint of the sentence encoder whose vectors it reads. */
  readonly encoder: string;
  readonly intercept: number;
  readonly vector: readonly number[];
  readonly lexical: Readonly<Record<string, number>>;
}

const isWeights = new Ajv2020().compile<RegressionWeights>({
  type: 'object',
  required: ['encoder', 'intercept', 'vector', 'lexical'],
  additionalProperties: false,
  properties: {
    encoder: { type: 'string' },
    intercept: { type: 'number' },
    vector: { type: 'array', items: { type: 'number' } },
    lexical: { type: 'object', additionalProperties: { type: 'number' } },
  },
});

/**
 * A judge that is a logistic regression on sentence vectors and lexical features. Its revision is the hash of its weights.
 *
 * @throws HalfspaceError what `createSentenceEncoder` throws; `bad-judge` where the weights cannot be read, or are not for
 * this encoder and these features
 */
export async function createRegressionJudge(
  { name, description, desired, features, weights: url }: RegressionJudgeDefinition,
  options: RegressionJudgeOptions = {},
): Promise<Judge> {
  const bytes = await readFile(url);
  const weights = parseWeights(name, bytes.toString('utf8'));
  const encoder = await createSentenceEncoder(options);
  try {
    assertFits(name, weights, features, encoder);
  } catch (error) {
    await encoder.dispose();
    throw error;
  }
  return defineJudge({
    name,
    description,
    revision: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
    desired,
    async score(texts, signal) {
      const sentences = texts.map(features.sentencesOf);
      // Completions of one prompt share its vector.
      const different = [...new Set(sentences.flat())];
      const vectors = await encoder.encode(different, signal === undefined ? {} : { signal });
      const vectorOf = new Map(different.map((sentence, i) => [sentence, vectors[i]]));
      return texts.map((text, i) => {
        const read = sentences[i].map((sentence) => vectorOf.get(sentence) as Float32Array);
        return probability(weights, features.combine(read), features.lexicalOf(text));
      });
    },
    dispose: async () => encoder.dispose(),
  });
}

function parseWeights(name: string, text: string): RegressionWeights {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    // Told of below.
  }
  if (isWeights(found)) return found;
  throw new HalfspaceError(
    'bad-judge',
    `The file with the weights of the judge ${name} is damaged. Install Halfspace again.`,
  );
}

function assertFits(
  name: string,
  weights: RegressionWeights,
  features: TextFeatures,
  encoder: SentenceEncoder,
): void {
  if (encoder.fingerprint !== weights.encoder) {
    throw new HalfspaceError(
      'bad-judge',
      `The judge ${name} reads the encoder ${weights.encoder}, and not ${encoder.fingerprint}. Fit it again.`,
    );
  }
  const sentences = features.sentencesOf({ prompt: '', completion: '' });
  const { length } = features.combine(sentences.map(() => new Float32Array(encoder.width)));
  if (weights.vector.length !== length) {
    throw new HalfspaceError(
      'bad-judge',
      `The judge ${name} reads ${length} numbers of sentence vectors, and has weights for ${weights.vector.length}. Fit it again.`,
    );
  }
}

function probability(
  weights: RegressionWeights,
  vector: Float32Array,
  lexical: ReadonlyMap<string, number>,
): number {
  let odds = weights.intercept;
  weights.vector.forEach((weight, index) => (odds += weight * vector[index]));
  // In the order of the file, so that sums are the same to the last bit.
  for (const [feature, weight] of Object.entries(weights.lexical))
    odds += weight * (lexical.get(feature) ?? 0);
  return 1 / (1 + Math.exp(-odds));
}
