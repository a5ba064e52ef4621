/** Where a data set is from, and who may use it how. */
export interface Attribution {
  /** Its name, as its authors have it. */
  readonly title: string;
  /** Who made it, and where it was published. */
  readonly citation: string;
  /** SPDX identifier of its licence. data/LICENCES.md has the texts. */
  readonly licence: 'Apache-2.0' | 'MIT';
  /** Where its authors publish it. */
  readonly url: string;
}

const REAL_TOXICITY_PROMPTS: Attribution = {
  title: 'RealToxicityPrompts',
  citation:
    'Samuel Gehman, Suchin Gururangan, Maarten Sap, Yejin Choi, Noah A. Smith; Findings of EMNLP 2020, arXiv 2009.11462',
  licence: 'Apache-2.0',
  url: 'https://github.com/allenai/real-toxicity-prompts',
};

const HH_RLHF: Attribution = {
  title: 'HH-RLHF, helpfulness',
  citation:
    'Yuntao Bai et al., "Training a Helpful and Harmless Assistant with Reinforcement Learning from Human Feedback", 2022, arXiv 2204.05862',
  licence: 'MIT',
  url: 'https://github.com/anthropics/hh-rlhf',
};

const TRUTHFUL_QA: Attribution = {
  title: 'TruthfulQA',
  citation: 'Stephanie Lin, Jacob Hilton, Owain Evans; ACL 2022, arXiv 2109.07958',
  licence: 'Apache-2.0',
  url: 'https://github.com/sylinrl/TruthfulQA',
};

const CREAK: Attribution = {
  title: 'CREAK',
  citation:
    'Yasumasa Onoe, Michael J.Q. Zhang, Eunsol Choi, Greg Durrett; NeurIPS 2021 Datasets and Benchmarks, arXiv 2109.01653',
  licence: 'MIT',
  url: 'https://github.com/yasumasaonoe/creak',
};

const ATTAQ: Attribution = {
  title: 'AttaQ',
  citation:
    'George Kour, Marcel Zalmanovici, Naama Zwerdling, Esther Goldbraich, Ora Nova Fandina, Ateret Anaby-Tavor, Orna Raz, Eitan Farchi; "Unveiling Safety Vulnerabilities of Large Language Models", 2023, arXiv 2311.04124',
  licence: 'MIT',
  url: 'https://huggingface.co/datasets/ibm/AttaQ',
};

/** Every attribution by a short name. */
export const ATTRIBUTIONS = {
  'real-toxicity-prompts': REAL_TOXICITY_PROMPTS,
  'hh-rlhf': HH_RLHF,
  'truthful-qa': TRUTHFUL_QA,
  creak: CREAK,
  attaq: ATTAQ,
} as const satisfies Readonly<Record<string, Attribution>>;
