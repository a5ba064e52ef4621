import type { ChatMessage } from '@halfspace/core';
import { badRow, idOf, text } from './row-fields.js';
import type { Suite, SuiteRow } from './suite.js';

/**
 * HH-RLHF (Bai et al. 2022), its helpful part: conversations to be gone on with. The published rows have two whole
 * conversations, `chosen` and `rejected`, which differ in the last turn alone; it is left out. Rows with the
 * conversation so far as `prompt` are read as well.
 */
export const hhHelpful: Suite = {
  name: 'hh-helpful',
  description: 'HH-RLHF (Bai et al. 2022): conversations that ask for help',
  hub: { repository: 'Anthropic/hh-rlhf', path: 'helpful-base/test.jsonl.gz' },
  promptsOf(row) {
    const dialogue = 'prompt' in row.values ? text(row, 'prompt') : beforeLastTurn(row);
    const messages = turnsOf(row, dialogue);
    return [{ id: idOf(row, 'id'), text: dialogue, messages }];
  },
};

const LAST_TURN = '\n\nAssistant:';

function beforeLastTurn(row: SuiteRow): string {
  const chosen = text(row, 'chosen');
  const end = chosen.lastIndexOf(LAST_TURN);
  if (end < 0) throw badRow(row, '"chosen" must end with a turn of the assistant');
  return chosen.slice(0, end + LAST_TURN.length).trim();
}

/** Turns begin with `Human:` or `Assistant:` on a line of their own after an empty one. */
function turnsOf(row: SuiteRow, dialogue: string): ChatMessage[] {
  const turns = dialogue.trim().split(/(?:^|\n\n)(?=Human:|Assistant:)/);
  const messages = turns
    .filter((turn) => turn !== '' && turn !== 'Assistant:')
    .map((turn): ChatMessage => {
      const [, speaker, content] = /^(Human|Assistant):\s*([\s\S]*)$/.exec(turn) ?? [];
      if (speaker === undefined) throw badRow(row, 'a conversation must begin with "Human:"');
      return { role: speaker === 'Human' ? 'user' : 'assistant', content: content.trim() };
    });
  if (messages.at(-1)?.role === 'user') return messages;
  throw badRow(row, 'the last turn before the answer must be one of "Human:"');
}
