import type { ProviderV3 } from '@ai-sdk/provider';
import type { HalfspaceProvider } from './create-provider.js';
import type { HalfspaceLanguageModel } from './language-model.js';

/** A language model as version 7 of the AI SDK takes it: what it gives and takes is that of version 6. */
export type HalfspaceLanguageModelV4 = Omit<HalfspaceLanguageModel, 'specificationVersion'> & {
  /** Of the interface. */
  readonly specificationVersion: 'v4';
};

/** A provider as version 7 of the AI SDK takes it. */
export interface HalfspaceProviderV4 extends Omit<ProviderV3, 'specificationVersion' | 'languageModel'> {
  /** Of the interface. */
  readonly specificationVersion: 'v4';
  /** A language model by its id. */
  (modelId: string): HalfspaceLanguageModelV4;
  /**
   * A language model by its id.
   *
   * @throws NoSuchModelError
   */
  languageModel(modelId: string): HalfspaceLanguageModelV4;
  /** Frees the models that it has made. */
  dispose(): Promise<void>;
}

/**
 * A provider for version 7 of the AI SDK, which needs Node 22.
 *
 * @param provider - For version 6.
 */
export function asV4(provider: HalfspaceProvider): HalfspaceProviderV4 {
  const languageModel = (modelId: string): HalfspaceLanguageModelV4 => ({
    ...provider.languageModel(modelId),
    specificationVersion: 'v4',
  });
  return Object.assign((modelId: string) => languageModel(modelId), {
    ...provider,
    specificationVersion: 'v4' as const,
    languageModel,
  });
}
