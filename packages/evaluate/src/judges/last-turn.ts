const TURNS = /(?:^|\n\n)Human:/;
const BEFORE_ANSWER = /\n\nAssistant:\s*$/;

/** What was asked last: of a conversation as HH-RLHF writes it the last turn of `Human:`, of other prompts all. */
export function lastTurn(prompt: string): string {
  const last = prompt.split(TURNS).at(-1) ?? '';
  return last.replace(BEFORE_ANSWER, '').trim();
}
