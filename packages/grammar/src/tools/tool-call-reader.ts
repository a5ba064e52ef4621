import type { ToolCallFormat } from '@halfspace/contracts';
import { CALL_HEAD } from './tool-call-filter.js';

/** What a model has written, as far as it is known. */
export type ToolCallPart =
  | {
      /** Text that is no call. */
      readonly type: 'text';
      /** More of it. */
      readonly text: string;
    }
  | {
      /** A call begins. */
      readonly type: 'call';
      /** Of the call, from 0. */
      readonly index: number;
      /** Of the tool. */
      readonly name: string;
    }
  | {
      /** More of the arguments of a call, as JSON. */
      readonly type: 'arguments';
      /** Of the call, from 0. */
      readonly index: number;
      /** More of them. */
      readonly text: string;
    };

/** Tells calls of tools in a text apart, as it is written. */
export interface ToolCallReader {
  /** More of the text. */
  push(text: string): ToolCallPart[];
  /** There is no more: what was held back, because it might have been the beginning of a call. */
  end(): ToolCallPart[];
}

/**
 * Reads what a model writes under a `toolCallFilter`.
 *
 * @param format - The same as there.
 */
export function createToolCallReader(format: ToolCallFormat): ToolCallReader {
  const sign = format.open.trim() === '' ? CALL_HEAD : format.open.trim();
  const isAnywhere = format.open.trim() !== '';
  const afterName = `", "${format.argumentsKey}": `;
  let state: 'text' | 'head' | 'arguments' | 'after' = 'text';
  let buffer = '';
  let index = -1;
  let depth = createDepth();
  let isFirst = true;

  function readText(): ToolCallPart[] | undefined {
    const at = isAnywhere || isFirst ? buffer.indexOf(sign) : -1;
    if (at >= 0 && (isAnywhere || at === 0)) {
      const before = buffer.slice(0, at).trimEnd();
      buffer = buffer.slice(at);
      state = 'head';
      return said(before);
    }
    const held = isAnywhere ? heldBack(buffer, sign) : isFirst && sign.startsWith(buffer) ? buffer.length : 0;
    const now = buffer.slice(0, buffer.length - held);
    if (now === '') return undefined;
    isFirst = false;
    buffer = buffer.slice(now.length);
    return said(now);
  }

  function readHead(): ToolCallPart[] | undefined {
    const at = buffer.indexOf(CALL_HEAD);
    const end = buffer.indexOf(afterName, at + CALL_HEAD.length);
    if (at < 0 || end < 0) return undefined;
    const name = buffer.slice(at + CALL_HEAD.length, end);
    buffer = buffer.slice(end + afterName.length);
    index++;
    depth = createDepth();
    state = 'arguments';
    return [{ type: 'call', index, name }];
  }

  function readArguments(): ToolCallPart[] | undefined {
    if (buffer === '') return undefined;
    const end = depth(buffer);
    const found = buffer.slice(0, end);
    buffer = buffer.slice(found.length);
    if (end !== undefined) state = 'after';
    return [{ type: 'arguments', index, text: found }];
  }

  /** The end of a call, and perhaps the beginning of another one. */
  function readAfter(): ToolCallPart[] | undefined {
    if (format.between === undefined || !buffer.includes(CALL_HEAD)) return undefined;
    state = 'head';
    return [];
  }

  const readers = { text: readText, head: readHead, arguments: readArguments, after: readAfter };
  return {
    push(text) {
      buffer += text;
      const parts: ToolCallPart[] = [];
      for (let found = readers[state](); found !== undefined; found = readers[state]()) parts.push(...found);
      return parts;
    },
    end() {
      const left = state === 'text' ? buffer : '';
      buffer = '';
      return said(left);
    },
  };
}

function said(text: string): ToolCallPart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

/** How many characters at the end may be the beginning of a call, with the white space before it. */
function heldBack(text: string, sign: string): number {
  let length = Math.min(text.length, sign.length - 1);
  while (length > 0 && !sign.startsWith(text.slice(text.length - length))) length--;
  const before = text.slice(0, text.length - length);
  return length + before.length - before.trimEnd().length;
}

/** Follows the braces of JSON: how many characters of a text belong to an object, where it ends in the text. */
function createDepth(): (text: string) => number | undefined {
  let depth = 0;
  let isString = false;
  let isEscaped = false;
  return (text) => {
    for (const [at, character] of text.split('').entries()) {
      if (isEscaped) isEscaped = false;
      else if (isString) {
        if (character === '\\') isEscaped = true;
        else if (character === '"') isString = false;
      } else if (character === '"') isString = true;
      else if (character === '{' || character === '[') depth++;
      else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
    }
    return undefined;
  };
}
