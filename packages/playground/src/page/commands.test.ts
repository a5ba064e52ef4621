import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commandOf, shellWord } from './commands.js';
import type { Settings } from './settings.js';

const settings: Settings = {
  mode: 'completion',
  prompt: "It's",
  system: '',
  turns: [],
  begun: ' so',
  weights: { nontoxic: 2, calm: 0 },
  preset: 'none',
  seed: 3,
  maxTokens: 20,
  temperature: 1,
};
const parts = { origin: 'http://127.0.0.1:1', model: 'toy', measure: ['nontoxic', 'calm'], hasKey: true };

it('writes the command line', () => {
  expect(commandOf('cli', settings, parts)).toBe(
    String.raw`npx halfspace generate 'It'\''s so' --attribute nontoxic=2 --seed 3 --max-tokens 20`,
  );
  expect(commandOf('cli', { ...settings, mode: 'chat', preset: 'light', temperature: 0 }, parts)).toBe(
    String.raw`npx halfspace generate --chat 'It'\''s' --begin ' so' --attribute nontoxic=2 --preset light --seed 3 --max-tokens 20 --temperature 0`,
  );
  const conversation = commandOf('cli', { ...settings, mode: 'chat', system: 'Be kind.' }, parts);
  expect(conversation).toMatch(
    /^echo '\{"messages":\[\{"role":"system".*' \| npx halfspace generate --prompts - /,
  );
});

it('writes TypeScript', () => {
  const all = commandOf(
    'typescript',
    { ...settings, weights: { 'my-value': 1, nontoxic: 2 } },
    {
      ...parts,
      measure: ['nontoxic', 'my-value'],
    },
  );
  expect(all).toContain("import { nontoxic } from '@halfspace/attribute-toxicity';");
  expect(all).toContain("weights: { nontoxic: 2, 'my-value': 1 }");
  expect(all).toContain('const attributes = [nontoxic, myValue];');
  const preset = commandOf('typescript', { ...settings, weights: {}, preset: 'strict' }, parts);
  expect(preset).toContain('spendPreset({');
  expect(preset).toContain('weights: { nontoxic: 1, calm: 1 }');
});

it('writes curl without the key', () => {
  const command = commandOf('curl', settings, parts);
  expect(command).toContain('"Authorization: Bearer $HALFSPACE_KEY"');
  expect(command).toContain('"halfspace"');
  expect(command).not.toContain('"stream"');
});

it.skipIf(process.platform === 'win32')('quotes any text for a shell (not on Windows)', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      (text) => {
        expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
      },
    ),
    { numRuns: 20 },
  );
});
