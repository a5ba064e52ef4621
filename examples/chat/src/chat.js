import { DefaultChatTransport, readUIMessageStream } from 'ai';

const form = /** @type {HTMLFormElement} */ (document.querySelector('#form'));
const list = /** @type {HTMLElement} */ (document.querySelector('#messages'));
const transport = new DefaultChatTransport({ api: '/api/chat' });

/** @type {import('ai').UIMessage[]} */
const messages = [];

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { text, ...weights } = Object.fromEntries(new FormData(form));
  form.reset();
  const said = {
    id: crypto.randomUUID(),
    role: /** @type {const} */ ('user'),
    parts: [{ type: /** @type {const} */ ('text'), text: /** @type {string} */ (text) }],
  };
  messages.push(said);
  show(said);
  const stream = await transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'chat',
    messageId: undefined,
    messages,
    abortSignal: undefined,
    body: { weights },
  });
  let answer;
  try {
    for await (answer of readUIMessageStream({ stream, onError: (error) => note(String(error)) }))
      show(answer);
  } catch (error) {
    note(String(error));
  }
  if (answer !== undefined) messages.push(answer);
});

/**
 * Shows a message, or what it has become.
 *
 * @param {import('ai').UIMessage} message
 */
function show({ id, role, parts, metadata }) {
  const element = document.getElementById(id) ?? list.appendChild(document.createElement('p'));
  element.id = id;
  element.className = role;
  element.textContent = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const margins = /** @type {{ halfspace?: { margins?: Record<string, { mean: number }> } } | undefined} */ (
    metadata
  )?.halfspace?.margins;
  if (margins === undefined) return;
  const figures = document.createElement('small');
  figures.textContent = ` ${Object.entries(margins)
    .map(([name, { mean }]) => `${name} ${mean?.toFixed(2)}`)
    .join(', ')}`;
  element.append(figures);
}

/** @param {string} text */
function note(text) {
  list.appendChild(document.createElement('small')).textContent = text;
}
