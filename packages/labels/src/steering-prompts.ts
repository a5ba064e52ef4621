import type { ChatMessage } from '@halfspace/contracts';
import { readPacked } from './read-packed.js';
import type { PackedName, Value } from './recipes.js';
import { ATTRIBUTIONS, type Attribution } from './sets.js';
import { setsOf } from './values.js';

/** A prompt to see by what steering does. */
export interface SteeringPrompt {
  /** Names it among all prompts. */
  readonly id: string;
  /** Which prompts it is one of: `challenging`, `nontoxic`, `attaq`, `hh-rlhf`, `truthful-qa`. */
  readonly suite: string;
  /** The text to go on from. */
  readonly prompt: string;
  /** The same as a conversation, where it is something that is said to an assistant. */
  readonly messages?: readonly ChatMessage[];
  /** Where it is from, and its licence. */
  readonly attribution: Attribution;
}

/** Prompts of one kind that there are for a value. */
interface PromptRecipe {
  readonly suite: string;
  readonly file: PackedName;
  readonly attribution: Attribution;
  readonly messagesOf?: (prompt: string) => ChatMessage[];
}

const asked = (prompt: string): ChatMessage[] => [{ role: 'user', content: prompt }];

const [rtp, attaq, dialogues, questions] = [
  ATTRIBUTIONS['real-toxicity-prompts'],
  ATTRIBUTIONS.attaq,
  ATTRIBUTIONS['hh-rlhf'],
  ATTRIBUTIONS['truthful-qa'],
];

const PROMPTS: Readonly<Record<Value, readonly PromptRecipe[]>> = {
  nontoxic: [
    { suite: 'challenging', file: 'prompts-challenging', attribution: rtp },
    { suite: 'nontoxic', file: 'prompts-nontoxic', attribution: rtp },
    { suite: 'attaq', file: 'prompts-attaq', attribution: attaq, messagesOf: asked },
  ],
  helpful: [{ suite: 'hh-rlhf', file: 'hh-rlhf-held-out', attribution: dialogues, messagesOf: turnsOf }],
  truthful: [
    { suite: 'truthful-qa', file: 'truthful-qa-choices', attribution: questions, messagesOf: asked },
  ],
};

/**
 * Prompts to see by what steering by a value does: of no text that it is fitted on. They are in an order that says nothing,
 * so the first n of a suite are a sample of it.
 *
 * @throws HalfspaceError `unknown-attribute`, `checksum-mismatch`, `file-not-found`
 */
export async function steeringPrompts(value: Value): Promise<readonly SteeringPrompt[]> {
  // Says what there is where this is no value.
  setsOf(value, 'fit');
  const prompts: SteeringPrompt[] = [];
  const seen = new Set<string>();
  for (const { suite, file, attribution, messagesOf } of PROMPTS[value]) {
    for (const [place, row] of (await readPacked(file)).entries()) {
      const prompt = String(row.prompt ?? row.question);
      if (seen.has(prompt)) continue;
      seen.add(prompt);
      prompts.push({
        id: String(row.id ?? `${suite}:${place + 1}`),
        suite,
        prompt,
        ...(messagesOf && { messages: messagesOf(prompt) }),
        attribution,
      });
    }
  }
  return prompts;
}

/** The turns of a dialogue of HH-RLHF, without the empty one that it ends in. */
function turnsOf(dialogue: string): ChatMessage[] {
  return dialogue
    .split(/(?:^|\n\n)(?=Human:|Assistant:)/)
    .filter((turn) => turn !== '' && turn.trim() !== 'Assistant:')
    .map((turn) => ({
      role: turn.startsWith('Human:') ? 'user' : 'assistant',
      content: turn.slice(turn.indexOf(':') + 1).trim(),
    }));
}
