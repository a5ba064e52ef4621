import fc from 'fast-check';
import type { ToolCallFormat } from '@halfspace/contracts';
import { describe, expect, it, test } from 'vitest';
import { matches } from '../rule/automaton.js';
import { choice, type Grammar, type Rule, sequence } from '../rule/rule.js';
import { textUntil } from './text-until.js';
import { toolCallFilter } from './tool-call-filter.js';
import { createToolCallReader, type ToolCallPart } from './tool-call-reader.js';

const HERMES: ToolCallFormat = {
  open: '<tool_call>\n',
  close: '\n</tool_call>',
  between: '\n</tool_call>\n<tool_call>\n',
  argumentsKey: 'arguments',
};
const LLAMA: ToolCallFormat = { open: '', close: '', argumentsKey: 'parameters' };

/** What a reader says of a text that comes in pieces, put together. */
function read(format: ToolCallFormat, pieces: readonly string[]) {
  const reader = createToolCallReader(format);
  const parts: ToolCallPart[] = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  const calls: { name: string; arguments: string }[] = [];
  let text = '';
  for (const part of parts) {
    if (part.type === 'text') text += part.text;
    else if (part.type === 'call') calls[part.index] = { name: part.name, arguments: '' };
    else calls[part.index].arguments += part.text;
  }
  return { text, calls };
}

const A = String.raw`{"x": {"y": "a}\"]"}}`;
const CALL = `{"name": "look", "arguments": ${A}}`;

describe('a reader', () => {
  test.each<[ToolCallFormat, string, ReturnType<typeof read>]>([
    [HERMES, `<tool_call>\n${CALL}\n</tool_call>`, { text: '', calls: [{ name: 'look', arguments: A }] }],
    [
      HERMES,
      `Well.\n<tool_call>\n${CALL}\n</tool_call>\n<tool_call>\n${CALL}\n</tool_call>`,
      {
        text: 'Well.',
        calls: [
          { name: 'look', arguments: A },
          { name: 'look', arguments: A },
        ],
      },
    ],
    [HERMES, 'a <tool_cal <tool', { text: 'a <tool_cal <tool', calls: [] }],
    [
      HERMES,
      `<tool_call>\n{"name": "look", "arguments": {"x": [1`,
      { text: '', calls: [{ name: 'look', arguments: '{"x": [1' }] },
    ],
    [LLAMA, `{"name": "look", "parameters": ${A}}`, { text: '', calls: [{ name: 'look', arguments: A }] }],
    [
      LLAMA,
      `So {"name": "look", "parameters": {}}`,
      { text: 'So {"name": "look", "parameters": {}}', calls: [] },
    ],
    [LLAMA, '{"name', { text: '{"name', calls: [] }],
  ])('finds calls in %j %j', (format, text, expected) => {
    expect(read(format, [text])).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((to, i) => text.slice(places[i], to));
        expect(read(format, pieces)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a text in which calls may begin', () => {
  /** Whether a text is of the rules: each state is a rule of one character and the next state. */
  function has(rules: Grammar, start: string, value: string): boolean {
    let state: Rule = { kind: 'ref', name: start };
    for (const character of value) {
      const options: readonly Rule[] = optionsOf(state, rules);
      const next = options
        .filter((each): each is Extract<Rule, { kind: 'sequence' }> => each.kind === 'sequence')
        .filter(({ parts: [first] }) => matches(first, character))
        .map(({ parts: [, ...others] }) => sequence(...others));
      if (next.length === 0) return false;
      expect(next).toHaveLength(1);
      state = next[0];
    }
    return optionsOf(state, rules).some((each) => each.kind === 'text' && each.text === '');
  }

  function optionsOf(rule: Rule, rules: Grammar): readonly Rule[] {
    const found = rule.kind === 'ref' ? (rules.get(rule.name) ?? choice()) : rule;
    return found.kind === 'choice' ? found.options : [found];
  }

  it('is any text without the sign of a call', () => {
    const { start, rules } = textUntil('<<a\n', '{', 'rest');
    fc.assert(
      fc.property(fc.array(fc.constantFrom('<', 'a', 'b'), { maxLength: 9 }), (letters) => {
        const value = letters.join('');
        expect([value, has(rules, start, value)]).toEqual([value, !value.includes('<<a')]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('tools are refused', () => {
  const tool = (name: string, parameters: unknown) => ({
    type: 'function' as const,
    function: { name, parameters },
  });
  test.each<[string, unknown, string, RegExp]>([
    ['a b', {}, 'bad-option', /name of a tool/],
    ['a', { properties: { x: { not: {} } } }, 'bad-schema', /parameters of the tool a: .*"\/properties\/x"/],
    ['a', 3, 'bad-schema', /is no object/],
  ])('%s %j', (name, parameters, code, message) => {
    const make = () => toolCallFilter([tool(name, parameters)], HERMES);
    expect(make).toThrow(expect.objectContaining({ code }));
    expect(make).toThrow(message);
  });
});
