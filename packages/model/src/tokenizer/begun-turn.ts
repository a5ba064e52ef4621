import { HalfspaceError, type ChatMessage } from '@halfspace/core';

/** Whether a conversation ends in a turn of the assistant, which is then to be continued. */
export function endsInBegunTurn(messages: readonly ChatMessage[]): boolean {
  return messages.at(-1)?.role === 'assistant';
}

/**
 * Renders a conversation that ends in a begun turn, up to where that goes on: what the template writes after a turn is left out. As
 * `continue_final_message` of transformers does it: a sign behind the begun text shows where it ends, and white space
 * at its end goes where the template trims it.
 *
 * @param render - Renders whole turns, without the beginning of another one.
 * @param name - What messages call the template.
 * @throws HalfspaceError `cannot-continue-turn` where the template drops or changes what was begun
 */
export function renderBegunTurn(
  render: (messages: readonly ChatMessage[]) => string,
  messages: readonly ChatMessage[],
  name: string,
): string {
  const last = messages[messages.length - 1];
  const sign = unusedSign(messages);
  const whole = render([...messages.slice(0, -1), { ...last, content: `${last.content}${sign} ` }]);
  const at = whole.lastIndexOf(sign);
  // A template may write it somewhere else, too.
  const begun = whole.slice(0, Math.max(0, at)).replaceAll(`${sign} `, '').replaceAll(sign, '');
  const text = whole[at + 1] === ' ' ? begun : begun.trimEnd();
  if (at >= 0 && text.trimEnd().endsWith(last.content.trim())) return text;
  throw new HalfspaceError(
    'cannot-continue-turn',
    `${name} cannot leave the assistant's last turn open: it ${at < 0 ? 'drops' : 'changes'} the text that was begun. ` +
      'End the messages with a turn of the user, or write the whole prompt by hand in the format of the model, with controlTokens.',
  );
}

/** A character for private use, which templates neither change nor trim, and which nobody has written. */
function unusedSign(messages: readonly ChatMessage[]): string {
  const said = messages.map(({ content }) => content).join('');
  let code = 0xf8ff;
  while (said.includes(String.fromCharCode(code))) code--;
  return String.fromCharCode(code);
}
