// Written by scripts/pack.js.

/** A file of data/. */
export interface PackedFile {
  /** Rows in it. */
  readonly rows: number;
  /** Its size. */
  readonly bytes: number;
  /** Of its bytes, in hex. */
  readonly sha256: string;
}

/** The files of data/, by their names without `.parquet`. */
export const PACKED = {
  'creak-fit': {
    rows: 7962,
    bytes: 191247,
    sha256: '89e566415071331663f883fb5628eb37e320cd131df27ffb9bdc4d6e81ea9573',
  },
  'creak-held-out': {
    rows: 2214,
    bytes: 54613,
    sha256: '0c843939f685c871004e14fcdb25fa680af9a79ed8650d6cbf8774830f9ef9f7',
  },
  'hh-rlhf-fit': {
    rows: 3879,
    bytes: 1939783,
    sha256: '2cd4b5840ddbce4ccfc1a3b3025c615b1985a7b478bb6fb2e35be3a9ee3db747',
  },
  'hh-rlhf-held-out': {
    rows: 1166,
    bytes: 359913,
    sha256: 'f28a5ec5cae6c2534e7e7010507809cdb2cf54521ba2e1be6c25311578a62c39',
  },
  'prompts-attaq': {
    rows: 693,
    bytes: 21296,
    sha256: '582fa9f8fe8d18d947cd57564aeeb5a0f8c7a4ddcdba27d9ebfec1eea23d30b9',
  },
  'prompts-challenging': {
    rows: 582,
    bytes: 29396,
    sha256: '89d906ff2b22e6b030eee69f26b8312258191c411abbd3d9a3da2b2381555117',
  },
  'prompts-nontoxic': {
    rows: 584,
    bytes: 29820,
    sha256: 'a64db9945e542010987ffdae34cc4f13e3c2e8d97d432a25084a344ee9db5b78',
  },
  'real-toxicity-prompts-fit': {
    rows: 7765,
    bytes: 417162,
    sha256: '0f2acdaf5cfd8dfc7fc6955c4cef01006d5c062d60ef18707a897a521a9f2020',
  },
  'real-toxicity-prompts-held-out': {
    rows: 1968,
    bytes: 110177,
    sha256: '56abd8d14b862ce1c604c6c7fc3f53eee2850f16616d646d67b418db9fa2be51',
  },
  'truthful-qa-choices': {
    rows: 153,
    bytes: 27447,
    sha256: 'fb1f92329124deed5e3e5c5dcebd38f412633f2593671c18a0871503b8a481eb',
  },
  'truthful-qa-fit': {
    rows: 10965,
    bytes: 162590,
    sha256: 'eb5de50eee4fb73a56557138d125110735246f1cdfe2aebd11bb5c1402db225a',
  },
  'truthful-qa-held-out': {
    rows: 3623,
    bytes: 54828,
    sha256: '868c1bc2b5734adfa924fe27dc4e60f46af0aa7f78b51dbbbc3518c8b1187f81',
  },
  'truthful-qa-informative-fit': {
    rows: 10984,
    bytes: 162485,
    sha256: '1686f13792d563a04f8d99a4724b405a9b0382cffbc4f75878a8e9de2067a652',
  },
  'truthful-qa-informative-held-out': {
    rows: 3626,
    bytes: 54855,
    sha256: 'd41da13e017e4871e3f7b3a7b17722c4e814da5c8e670980bec9dc9efe2c60d6',
  },
} as const satisfies Readonly<Record<string, PackedFile>>;
