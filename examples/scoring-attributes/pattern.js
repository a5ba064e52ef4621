// Fewer matches of a regular expression: node pattern.js [model]
import { pattern } from './attributes/pattern.js';
import { compare } from './compare.js';

const attribute = pattern({
  name: 'impersonal',
  description: 'not about the writer',
  pattern: /\b(?:I|me|my|mine|we|us|our)\b/g,
});

await compare({ attribute, prompt: 'A day at the sea:', weight: 2 });
