import { defineFilter, describeValue, HalfspaceError, type MaskFilter } from '@halfspace/contracts';
import { openGrammarMasks } from './grammar-masks.js';
import { grammarText } from './grammar-text.js';
import { readEbnf } from './rule/read-ebnf.js';

/** Characters of a grammar. */
const MOST_TEXT = 1_000_000;

/**
 * A filter that lets through nothing but texts of a grammar, in the EBNF that llama.cpp and XGrammar take, too:
 *
 * ```text
 * root   ::= "yes" | "no" ", because " reason
 * reason ::= [a-z ]{3,80} "."
 * ```
 *
 * Every completion is a text of the rule `root`, or, where `maxTokens` or a stop text ends it, the beginning of one: `isComplete` of
 * a completion says which. It goes together with everything that steers.
 *
 * The grammar is compiled in a thread of its own, with limits of time and memory, when the first completion is asked for: `generate`
 * then throws `grammar-too-large` before work starts. It runs in Node.
 *
 * @param ebnf - At most a million characters.
 * @throws HalfspaceError `bad-grammar` for what cannot be read, saying in which line, has no text with an end, or is too large
 */
export function grammarFilter(ebnf: string): MaskFilter {
  if (typeof ebnf !== 'string' || ebnf.trim() === '') {
    throw new HalfspaceError(
      'bad-grammar',
      `A grammar is a text of rules such as root ::= "yes" | "no", and this is ${describeValue(ebnf) || 'empty'}.`,
    );
  }
  if (ebnf.length > MOST_TEXT) {
    throw new HalfspaceError(
      'bad-grammar',
      `The grammar has ${ebnf.length} characters, and at most ${MOST_TEXT} are taken.`,
    );
  }
  return maskFilter(
    'grammar',
    grammarText(() => readEbnf(ebnf), 'grammar', 'bad-grammar'),
  );
}

/** A filter of a grammar, by a name. */
export function maskFilter(name: string, ebnf: string): MaskFilter {
  return defineFilter({
    name,
    openMasks: async (tokenizer, signal) => openGrammarMasks(ebnf, tokenizer, signal),
  });
}
