import { expect, it } from 'vitest';
import { foundLine } from './model-pull.js';

it('the line about a model says its licence where it is known by name', () => {
  const found = { path: '/cache/gemma.gguf', source: 'own cache' };
  expect(foundLine('Gemma-3-270m', found)).toBe(
    '/cache/gemma.gguf  (own cache, licence: Gemma Terms of Use (https://ai.google.dev/gemma/terms))',
  );
  expect(foundLine(undefined, found)).toBe('/cache/gemma.gguf  (own cache)');
  expect(foundLine('./gemma.gguf', found)).toBe('/cache/gemma.gguf  (own cache)');
});
