import { expect, it, vi } from 'vitest';
import { defineAttribute } from '@halfspace/contracts';
import { checkRequest } from './check-request.js';
import type { AnyGenerateOptions } from './options.js';

const loaded = vi.hoisted(() => ({ times: 0 }));
vi.mock('mathjs/number', async (original) => {
  loaded.times++;
  return original();
});

const kind = defineAttribute({ name: 'kind', description: 'a test', score: () => [] });

it('loads the parser of formulas with the first formula, not before', async () => {
  await checkRequest({ prompts: ['a', { text: 'b', weights: { kind: -1 } }], weights: { kind: 2 } }, [kind]);
  expect(loaded.times).toBe(0);
  await checkRequest({ prompt: 'a', weights: { kind: '2*step' } }, [kind]);
  expect(loaded.times).toBe(1);
});

it('takes what is well-formed, without a model', async () => {
  const prompts = ['a', { text: 'b', weights: { kind: '1 - progress' } }];
  await checkRequest({ prompts, weights: { kind: 2 } }, [kind]);
  await checkRequest({ prompts, weights: { kind: 2 }, maxTokens: 1e9 }, [kind]);
  await checkRequest({ prompt: 'a', formula: '2*kind' }, [kind]);
});

it.each<[string, AnyGenerateOptions<'kind'>]>([
  ['bad-option', { prompt: 'a', topP: 2 }],
  ['bad-option', { prompt: 'a', formula: 'kind', weights: { kind: 1 } }],
  ['formula-invalid', { prompt: 'a', formula: 'calm' }],
  ['formula-invalid', { prompt: 'a', weights: { kind: 'kind' } }],
  ['formula-invalid', { prompts: ['a', { text: 'b', weights: { kind: '1/step' } }] }],
])('refuses with %s: %j', async (code, options) => {
  await expect(checkRequest(options, [kind])).rejects.toMatchObject({ code });
});
