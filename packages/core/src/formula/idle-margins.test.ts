import { expect, it } from 'vitest';
import { idleMargins } from './idle-margins.js';
import { readFormula } from './read-formula.js';

it.each<[string, string[]]>([
  ['0 * kind', ['kind']],
  ['kind + 0*calm', ['calm']],
  ['step < 999 ? kind : calm', ['calm']],
  ['max(kind, 2) * (step > 999)', ['kind']],
  ['(step > 999) * kind + calm', ['kind']],
  // One that matters is never said to be idle, however late and however little.
  ['kind * (step == 501)', []],
  ['step == 511 ? kind : calm', []],
  ['(kind > 100*10) * (kind < 100*20)', []],
  ['1e-12 * kind + 1e9', []],
  ['kind / 1e9 > 3 ? calm : 2', []],
  ['0 * (1 / kind)', []],
])('of %s: %j', async (text, idle) => {
  const formula = await readFormula(text, ['kind', 'calm']);
  expect(idleMargins(formula, 512, 512)).toEqual(idle);
});
