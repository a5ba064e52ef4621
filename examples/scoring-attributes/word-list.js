// Fewer of some words: node word-list.js [model]
import { wordList } from './attributes/word-list.js';
import { compare } from './compare.js';

const attribute = wordList({
  name: 'plain-speech',
  description: 'free of the words of brochures',
  words: ['unique', 'exciting', 'solution', 'solutions', 'innovative', 'experience', 'community', 'team'],
});

await compare({ attribute, prompt: 'Our company offers', weight: 2 });
