import { expect, it } from 'vitest';
import { markdownText } from './markdown-text.js';

it.each([
  ['<img src=x onerror=alert(1)>', String.raw`\<img src=x onerror=alert(1)\>`],
  ['[a](javascript:b)', String.raw`\[a\](javascript:b)`],
  ['![a](b)', String.raw`!\[a\](b)`],
  ['a | b', String.raw`a \| b`],
  [String.raw`a \| b`, String.raw`a \\\| b`],
  ['**a** _b_ `c` ~d~ $e$', String.raw`\*\*a\*\* \_b\_ \`c\` \~d\~ \$e\$`],
  ['&lt;b>', String.raw`\&lt;b\>`],
  ['https://a.b and www.c.d and me@e.f', String.raw`https\://a.b and www\.c.d and me\@e.f`],
  ['# a', String.raw`\# a`],
  ['- a', String.raw`\- a`],
  ['12. a', String.raw`12\. a`],
  ['1) a', String.raw`1\) a`],
  ['    a\n\n<b>\u2028c', String.raw`a \<b\> c`],
  ['---', String.raw`\---`],
  ['===', String.raw`\===`],
  ['## a', String.raw`\## a`],
])('shows %j', (text, markdown) => {
  expect(markdownText(text)).toBe(markdown);
});

it.each([
  'nontoxic=2',
  '0.123 (0.1 to 0.2)',
  '-0.5',
  '+1',
  '–',
  '97.1 %',
  'best of 4 by calm',
  'cap 1, top-k 10',
  '1e-4',
])('leaves %j as it is', (text) => {
  expect(markdownText(text)).toBe(text);
});
