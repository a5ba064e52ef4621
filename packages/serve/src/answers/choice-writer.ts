import { randomUUID } from 'node:crypto';
import type { ToolCallFormat } from '@halfspace/core';
import { createToolCallReader, type ToolCallPart } from '@halfspace/grammar';

/** Makes deltas of a choice of what is written, as it comes. */
export interface ChoiceWriter {
  /** More of the text. */
  push(text: string): object[];
  /** What was held back. */
  end(): object[];
  /** Whether a tool was called. */
  readonly hasCalled: boolean;
}

/** Text is what it is. */
export function textWriter(pieceOf: (text: string) => object): ChoiceWriter {
  return { push: (text) => [pieceOf(text)], end: () => [], hasCalled: false };
}

/** Text, and calls of tools. */
export function toolWriter(format: ToolCallFormat): ChoiceWriter {
  const reader = createToolCallReader(format);
  let hasCalled = false;
  const deltaOf = (part: ToolCallPart): object => {
    if (part.type === 'text') return { delta: { content: part.text } };
    hasCalled = true;
    const { index } = part;
    const call =
      part.type === 'call'
        ? { index, id: callId(), type: 'function', function: { name: part.name, arguments: '' } }
        : { index, function: { arguments: part.text } };
    return { delta: { tool_calls: [call] } };
  };
  return {
    push: (text) => reader.push(text).map(deltaOf),
    end: () => reader.end().map(deltaOf),
    get hasCalled() {
      return hasCalled;
    },
  };
}

/** A whole message with what was written. */
export function toolMessage(format: ToolCallFormat, written: string): object {
  const reader = createToolCallReader(format);
  const calls: {
    readonly id: string;
    readonly type: 'function';
    readonly function: { name: string; arguments: string };
  }[] = [];
  let content = '';
  for (const part of [...reader.push(written), ...reader.end()]) {
    if (part.type === 'text') content += part.text;
    else if (part.type === 'call')
      calls.push({ id: callId(), type: 'function', function: { name: part.name, arguments: '' } });
    else calls[part.index].function.arguments += part.text;
  }
  const message = { role: 'assistant', content, refusal: null, annotations: [] };
  if (calls.length === 0) return message;
  return { ...message, content: content === '' ? null : content, tool_calls: calls };
}

function callId(): string {
  return `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}
