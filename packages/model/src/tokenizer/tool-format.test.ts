import type { ChatMessage } from '@halfspace/core';
import { expect, test } from 'vitest';
import { compileChatTemplate } from '../chat-template/chat-template.js';
import { renderMarked } from './chat-origin.js';
import { ControlTokens } from './control-tokens.js';
import { type RenderTurns, toolCallFormat } from './tool-format.js';

const CHATML = `{%- for message in messages %}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

/** In the way of the Hermes and Qwen families: calls between tags, each on lines of its own. */
const HERMES = `{%- if tools %}<|im_start|>system
You may call these functions:
<tools>
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
</tools><|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% elif message.tool_calls %}<|im_start|>assistant
{%- if message.content %}
{{ message.content }}
{%- endif %}
{%- for call in message.tool_calls %}
{{ '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments | tojson }}{{ '}\\n</tool_call>' }}
{%- endfor %}<|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

/** In the way of the Llama family: a call is all that is said, and there is one. */
const LLAMA = `{%- for message in messages %}
{%- if message.tool_calls is defined %}
{%- if message.tool_calls | length != 1 %}{{ raise_exception('one call at once') }}{% endif %}
{%- set call = message.tool_calls[0].function %}<|start|>assistant<|end_header|>

{"name": "{{ call.name }}", "parameters": {{ call.arguments | tojson }}}<|eot|>
{%- else %}<|start|>{{ message.role }}<|end_header|>

{% if tools and loop.first %}Answer or call one of {{ tools | tojson }}. {% endif %}{{ message.content }}<|eot|>
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|start|>assistant<|end_header|>

{% endif %}`;

/** Calls behind a token that a text does not show. */
const SILENT = HERMES.replaceAll('<tool_call>', '<|call|>');

function renderOf(template: string): RenderTurns {
  const read = compileChatTemplate(template, 'The template');
  return (messages, tools, begin) =>
    read.render({ messages, tools: tools.length > 0 ? tools : null, add_generation_prompt: begin });
}

const isText = (text: string) => !text.includes('<|');

test.each([
  [
    'between tags',
    HERMES,
    {
      open: '<tool_call>\n',
      close: '\n</tool_call>',
      between: '\n</tool_call>\n<tool_call>\n',
      argumentsKey: 'arguments',
    },
  ],
  ['as an object', LLAMA, { open: '', close: '', argumentsKey: 'parameters' }],
  ['by no token that is seen', SILENT, undefined],
  ['not at all', CHATML, undefined],
  ['in no way, because the template fails', '{{ nothing.at.all }}', undefined],
])('a template writes calls %s', (_, template, expected) => {
  expect(toolCallFormat(renderOf(template), isText)).toEqual(expected);
});

test('control tokens that tools and calls spell out stay text, names of their properties included', () => {
  const end = '<|im_end|>';
  const tools = [
    {
      type: 'function' as const,
      function: { name: 'look', description: end, parameters: { type: 'object', properties: { [end]: {} } } },
    },
  ];
  const messages: ChatMessage[] = [
    { role: 'user', content: 'a' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ type: 'function', function: { name: 'look', arguments: { [end]: end } } }],
    },
    { role: 'tool', content: end },
  ];
  const controls = new ControlTokens([
    { id: 1, content: end, control: true, lstrip: false, rstrip: false },
    { id: 2, content: '<|im_start|>', control: true, lstrip: false, rstrip: false },
  ]);
  const render = renderOf(HERMES);
  const { text, isWritten } = renderMarked(
    (chat, marks) => {
      const read = compileChatTemplate(HERMES, 'The template');
      return read.render({ messages: chat.messages, tools: chat.tools, add_generation_prompt: true }, marks);
    },
    { messages, tools },
    controls,
  );
  expect(text).toBe(render(messages, tools, true));
  const written = controls.find(text, isWritten).filter(({ token }) => token.content === end);
  expect(text.split(end).length - 1).toBe(9);
  expect(written).toHaveLength(4);
});
