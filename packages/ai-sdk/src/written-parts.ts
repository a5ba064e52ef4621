import type {
  LanguageModelV3StreamPart,
  LanguageModelV3ToolCall,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import type { ToolCallFormat } from '@halfspace/core';
import { createToolCallReader, type ToolCallPart } from '@halfspace/grammar';

/** Parts of a stream that say what a model writes. */
export interface WrittenParts {
  /** More of the text, with the figures after it. */
  push(text: string, figures: SharedV3ProviderMetadata | undefined): LanguageModelV3StreamPart[];
  /**
   * There is no more.
   *
   * @param isWhole - Whether the text is whole, so that a call that was begun is, too.
   */
  end(isWhole: boolean): LanguageModelV3StreamPart[];
  /** Calls that are whole. */
  readonly calls: readonly LanguageModelV3ToolCall[];
}

/** The only text of a completion. */
const TEXT = 'text';

/**
 * Makes parts of a text.
 *
 * @param format - How calls of tools are written in it, where there may be some.
 */
export function createWrittenParts(format: ToolCallFormat | undefined): WrittenParts {
  const reader = format && createToolCallReader(format);
  const calls: LanguageModelV3ToolCall[] = [];
  let call: { readonly id: string; readonly name: string; input: string } | undefined;
  let isTextOpen = false;

  function closeText(): LanguageModelV3StreamPart[] {
    if (!isTextOpen) return [];
    isTextOpen = false;
    return [{ type: 'text-end', id: TEXT }];
  }

  function closeCall(): LanguageModelV3StreamPart[] {
    if (call === undefined) return [];
    const whole = { type: 'tool-call' as const, toolCallId: call.id, toolName: call.name, input: call.input };
    calls.push(whole);
    call = undefined;
    return [{ type: 'tool-input-end', id: whole.toolCallId }, whole];
  }

  function partsOf(
    part: ToolCallPart,
    figures: SharedV3ProviderMetadata | undefined,
  ): LanguageModelV3StreamPart[] {
    const more = figures && { providerMetadata: figures };
    if (part.type === 'text') {
      const before: LanguageModelV3StreamPart[] = isTextOpen ? [] : [{ type: 'text-start', id: TEXT }];
      isTextOpen = true;
      return [...before, { type: 'text-delta', id: TEXT, delta: part.text, ...more }];
    }
    if (part.type === 'call') {
      const before = [...closeText(), ...closeCall()];
      call = { id: `call_${crypto.randomUUID()}`, name: part.name, input: '' };
      return [...before, { type: 'tool-input-start', id: call.id, toolName: call.name, ...more }];
    }
    if (call === undefined) return [];
    call.input += part.text;
    return [{ type: 'tool-input-delta', id: call.id, delta: part.text, ...more }];
  }

  return {
    push(text, figures) {
      const parts = reader === undefined ? [{ type: 'text' as const, text }] : reader.push(text);
      return parts.flatMap((part) => partsOf(part, figures));
    },
    end(isWhole) {
      const last = (reader?.end() ?? []).flatMap((part) => partsOf(part, undefined));
      const closed = isWhole ? closeCall() : [];
      return [...last, ...closeText(), ...closed];
    },
    calls,
  };
}
