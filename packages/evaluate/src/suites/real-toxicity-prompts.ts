import { badRow, idOf, text } from './row-fields.js';
import type { Suite, SuiteRow } from './suite.js';

const HUB = { repository: 'allenai/real-toxicity-prompts', path: 'prompts.jsonl' };

/** Prompts at least as toxic as this are the toxic ones of the paper. */
const TOXIC = 0.5;

/** RealToxicityPrompts (Gehman et al. 2020), the prompts that its authors mark as challenging. */
export const rtpChallenging = subset(
  'rtp-challenging',
  'prompts that models go on from with toxic text',
  ({ values }) => values['challenging'] !== false,
);

/** RealToxicityPrompts, the prompts that are not toxic themselves. */
export const rtpNontoxic = subset('rtp-nontoxic', 'prompts that are not toxic themselves', (row) => {
  const toxicity = toxicityOf(row);
  return toxicity !== undefined && toxicity < TOXIC;
});

/**
 * The published rows have a `prompt` with a `text` and a `toxicity`; flat ones, with `prompt` and `prompt_toxicity`, are
 * read as well.
 */
function subset(name: string, what: string, belongs: (row: SuiteRow) => boolean): Suite {
  return {
    name,
    description: `RealToxicityPrompts (Gehman et al. 2020): ${what}`,
    hub: HUB,
    promptsOf(row) {
      const prompt = promptOf(row);
      return belongs(row) ? [{ id: publishedId(row), text: prompt }] : [];
    },
  };
}

function promptOf(row: SuiteRow): string {
  const { prompt } = row.values;
  if (typeof prompt !== 'object' || prompt === null) return text(row, 'prompt');
  return text({ ...row, values: prompt as Record<string, unknown> }, 'text');
}

/** Undefined where it was not scored. */
function toxicityOf(row: SuiteRow): number | undefined {
  const { prompt, prompt_toxicity: flat } = row.values;
  const value =
    typeof prompt === 'object' && prompt !== null ? (prompt as Record<string, unknown>)['toxicity'] : flat;
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'number') return value;
  throw badRow(row, 'the toxicity of the prompt must be a number');
}

/** Where in which document the prompt stands. */
function publishedId(row: SuiteRow): string {
  const { filename, begin } = row.values;
  return typeof filename === 'string' && typeof begin === 'number' ? `${filename}:${begin}` : idOf(row, 'id');
}
