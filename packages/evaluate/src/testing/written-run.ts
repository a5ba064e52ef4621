import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digest } from '../run/plan.js';
import { VERSION } from '../version.js';

/** A run in files as a stranger may write it: nothing of it is checked. */
export interface WrittenRun {
  readonly plan: Record<string, unknown>;
  readonly prompts: unknown[];
  /** Lines of its logs, by the names of their files; the first is the header, to which the digest of the plan is added. */
  readonly logs: Record<string, [header: Record<string, unknown>, ...lines: unknown[]]>;
}

/** A run of two prompts by one method, which was judged, read and traced. */
export function smallRun(): WrittenRun {
  const judge = { name: 'long', description: 'is long', revision: '1', desired: 'low', threshold: 0.5 };
  const referenceModel = { name: 'other', fingerprint: 'g' };
  const prompts = ['0', '1'].map((id) => ({ suite: 's', id, text: `p${id}`, group: `g${id}` }));
  const units = prompts.map(({ suite, id }) => ({ method: 'plain', suite, prompt: id }));
  const completion = {
    text: 'x',
    tokens: [1, 2],
    logprob: -1,
    kl: 0,
    evaluations: 1,
    margins: { calm: 0.5 },
  };
  const cost = { ms: 1, peakMemory: 2, extraParameters: 0 };
  return {
    plan: {
      version: VERSION,
      model: { name: 'm', fingerprint: 'f', precision: 'f32' },
      attributes: { calm: 'a' },
      decoding: { maxTokens: 4, temperature: 1, topP: 1, topK: 0 },
      samples: 2,
      seed: 0,
      methods: [{ name: 'plain', kind: 'plain', series: 'plain', parameters: {} }],
      suites: { s: 2 },
    },
    prompts,
    logs: {
      'completions.jsonl': [
        {},
        ...units.map((unit) => ({ ...unit, ...cost, completions: [completion, completion] })),
      ],
      'judged-long.jsonl': [{ judge }, ...units.map((unit) => ({ ...unit, scores: [0.25, 0.75] }))],
      'likelihood-other.jsonl': [
        { referenceModel },
        ...units.map((unit) => ({ ...unit, logprobs: [-1, -2], tokens: [1, 2] })),
      ],
      'traces.jsonl': [{}, { ...units[0], sample: 0, completion: { text: 'x', trace: [] } }],
    },
  };
}

/** Writes it, with digests that fit. */
export async function writeRun(path: string, { plan, prompts, logs }: WrittenRun): Promise<void> {
  await mkdir(path, { recursive: true });
  const whole = { prompts: digest(prompts), ...plan };
  const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  await writeFile(join(path, 'plan.json'), JSON.stringify(whole));
  await writeFile(join(path, 'prompts.jsonl'), lines(prompts));
  for (const [name, [header, ...rest]] of Object.entries(logs)) {
    await writeFile(join(path, name), lines([{ plan: digest(whole), ...header }, ...rest]));
  }
}
