import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPECIFICATION_VERSIONS } from '@halfspace/contracts';
import attribute from 'halfspace-attribute-my-attribute';

/** The margins of some continuations of a completion. */
async function marginsOf(prefix, texts) {
  const candidates = texts.map((text, token) => ({ token, text, end: false }));
  const { signal } = new AbortController();
  return [...(await attribute.score({ prompt: 'Well,', prefix, candidates, signal }))];
}

test('is made for the Halfspace that is installed', () => {
  assert.equal(attribute.name, 'my-attribute');
  assert.equal(attribute.specificationVersion, SPECIFICATION_VERSIONS.attribute);
});

test('has a positive margin for text as desired and a negative one for other text', async () => {
  const [calm, loud] = await marginsOf(' I think so', ['.', '!']);
  assert.ok(calm > 0 && loud < 0);
});

test('sees the whole completion and not only the candidate', async () => {
  assert.ok((await marginsOf(' NO', ['WA', ' way'])).map(Math.sign).join() === '-1,1');
});

test('has one finite margin for each candidate', async () => {
  const margins = await marginsOf('', ['', ' ', '\n', 'ß', '🙂']);
  assert.equal(margins.length, 5);
  assert.ok(margins.every(Number.isFinite));
});
