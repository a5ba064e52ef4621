import type { TokenizerFiles } from './tokenizer-files.js';

/** What models end a turn or a text with, spelled as no text is: it ends one whatever kind of token a file says that it is. */
const ENDS: ReadonlySet<string | undefined> = new Set([
  '<|im_end|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|eot|>',
  '<|end_of_text|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|END_OF_TURN_TOKEN|>',
  '[|endofturn|]',
  '<end_of_turn>',
  '<turn|>',
  '<end_of_utterance>',
  '<｜end▁of▁sentence｜>',
]);

/** The same, spelled as text may be (one of them is a tag of HTML, and a token of its own in Gemma): only where it is a control token. */
const ENDS_IF_CONTROL: ReadonlySet<string | undefined> = new Set([
  '</s>',
  '<eos>',
  '<EOT>',
  '_<EOT>',
  '[EOT]',
  '[EOS]',
]);

/** Turns begin with these, or end, in files that mark them as text. */
const LOOKS_CONTROL = /^(?:<\|.*\|>|<｜.*｜>|<start_of_turn>|\[\/?INST\])$/su;

/** What tokens are for, as far as it matters how they are read. */
export interface TokenRoles {
  /** Ids that end a text. */
  readonly ends: ReadonlySet<number>;
  /** Ids that only a template writes: where a text spells them out, that is text. */
  readonly control: ReadonlySet<number>;
  /** Ids that are no text when a model writes them. */
  readonly silent: ReadonlySet<number>;
}

/**
 * Finds the tokens that end a text, and those that are no text. Files leave it to their readers which tokens end a turn, or
 * mark them as text: ends are those that a file names by their id, and those of {@link ENDS}, unless merges make one of
 * text. An end that a file names and that is a word stays a word elsewhere.
 */
export function rolesOf({ tokens, added, special, ends, tokenizer }: TokenizerFiles): TokenRoles {
  const named = tokens.flatMap((token, id) => {
    const known = special.has(id) ? ENDS.has(token) || ENDS_IF_CONTROL.has(token) : ENDS.has(token);
    return known && !isSpokenOn(token, tokens) && (added.has(id) || !isMerged(token, tokenizer)) ? [id] : [];
  });
  const silent = new Set([...special, ...named]);
  const control = new Set(silent);
  for (const id of added) {
    const text = tokens[id] ?? '';
    if (LOOKS_CONTROL.test(text) || (ends.includes(id) && text.trim() !== '')) control.add(id);
  }
  return { ends: new Set([...named, ...ends]), control, silent };
}

/** Where there are tokens that end the turn besides, as in GPT-OSS, this one ends a message of which several make a turn. */
function isSpokenOn(token: string | undefined, tokens: TokenizerFiles['tokens']): boolean {
  return token === '<|end|>' && tokens.includes('<|return|>') && tokens.includes('<|call|>');
}

/** Whether a vocabulary puts a token together from smaller ones. */
function isMerged(token: string | undefined, { model }: TokenizerFiles['tokenizer']): boolean {
  const merges = (model as { readonly merges?: unknown } | undefined)?.merges;
  if (!Array.isArray(merges)) return false;
  return merges.some((merge: unknown) => {
    const pair = typeof merge === 'string' ? merge.split(' ', 2) : merge;
    return Array.isArray(pair) && pair.join('') === token;
  });
}
