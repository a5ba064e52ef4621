import { NoSuchModelError, type ProviderV3 } from '@ai-sdk/provider';
import type { Halfspace } from '@halfspace/core';
import { createLanguageModel, type HalfspaceLanguageModel } from './language-model.js';

/** How a provider comes to its models. */
export interface HalfspaceProviderSettings {
  /**
   * Models by their ids: made by `createHalfspace`, or a function that makes one when it is first used. Its attributes are those that can
   * be named. What was given ready is the caller's to dispose of.
   */
  readonly models: Readonly<Record<string, Halfspace | (() => Promise<Halfspace>)>>;
  /** Name for messages and metadata (default `halfspace`). */
  readonly name?: string;
}

/** A provider of the AI SDK: called with the id of a model, it gives that. */
export interface HalfspaceProvider extends ProviderV3 {
  /** As {@link HalfspaceProvider.languageModel}. */
  (modelId: string): HalfspaceLanguageModel;
  /**
   * A language model by its id.
   *
   * @throws NoSuchModelError
   */
  languageModel(modelId: string): HalfspaceLanguageModel;
  /** Frees the models that it has made. */
  dispose(): Promise<void>;
}

/**
 * Makes a provider of the AI SDK whose models run here and can be steered by `providerOptions.halfspace`.
 *
 * @example
 * ```ts no-run
 * const backend = await createOnnxBackend();
 * const halfspace = await createHalfspace({ backend, attributes: [nontoxic] });
 * const provider = createHalfspaceProvider({ models: { smollm2: halfspace } });
 * await generateText({
 *   model: provider('smollm2'),
 *   prompt: 'Describe my neighbour.',
 *   providerOptions: steer({ weights: { nontoxic: 2 } }),
 * });
 * ```
 */
export function createHalfspaceProvider({
  models,
  name = 'halfspace',
}: HalfspaceProviderSettings): HalfspaceProvider {
  return providerOf(name, (modelId) => {
    const model = Object.hasOwn(models, modelId) ? models[modelId] : undefined;
    return typeof model === 'object' ? { given: model } : model;
  });
}

/** Where a model comes from: ready, or made when it is first used. */
type Source = { readonly given: Halfspace } | (() => Promise<Halfspace>);

/** A provider of whatever a function knows. */
export function providerOf(
  name: string,
  sourceOf: (modelId: string) => Source | undefined,
): HalfspaceProvider {
  const made = new Map<string, Promise<Halfspace>>();

  async function load(modelId: string, source: Source): Promise<Halfspace> {
    if ('given' in source) return source.given;
    const found = made.get(modelId) ?? source();
    made.set(modelId, found);
    try {
      return await found;
    } catch (error) {
      // What failed once may do the next time, as a download may.
      made.delete(modelId);
      throw error;
    }
  }

  function languageModel(modelId: string): HalfspaceLanguageModel {
    const source = sourceOf(modelId);
    if (source === undefined) throw new NoSuchModelError({ modelId, modelType: 'languageModel' });
    return createLanguageModel(name, modelId, async () => load(modelId, source));
  }

  return Object.assign((modelId: string) => languageModel(modelId), {
    specificationVersion: 'v3' as const,
    languageModel,
    embeddingModel(modelId: string): never {
      throw new NoSuchModelError({ modelId, modelType: 'embeddingModel' });
    },
    imageModel(modelId: string): never {
      throw new NoSuchModelError({ modelId, modelType: 'imageModel' });
    },
    async dispose() {
      const all = [...made.values()];
      made.clear();
      await Promise.all(all.map(async (each) => (await each).dispose()));
    },
  });
}
