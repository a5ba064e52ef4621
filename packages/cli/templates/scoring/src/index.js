import { defineAttribute } from '@halfspace/contracts';

/** What shouting looks like: an exclamation mark, or four capitals in a row. */
const SHOUTING = /!|[A-Z]{4}/;
/** Log-odds that text has the value, with and without a match. */
const MARGIN = { shouting: -3, calm: 3 };

export default defineAttribute({
  // What is true of the text on its positive side, as an adjective: formal, brief, nontoxic.
  name: 'my-attribute',
  // In one line: text on the positive side is …
  description: 'text that keeps its voice down',
  // The completion so far is `prefix`; each candidate would add its `text` to it. For hidden states name
  // `layers` and read `hidden(layer)`. The answer may be a promise.
  score: ({ prefix, candidates }) =>
    candidates.map(({ text }) => (SHOUTING.test(prefix + text) ? MARGIN.shouting : MARGIN.calm)),
});
