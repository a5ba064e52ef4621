import { isHalfspaceError } from '@halfspace/core';
import { isQueuedUnit } from '@halfspace/evaluate/run';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { smallRun } from '../../evaluate/src/testing/written-run.js';
import { parseQueuedPlan } from './queued-plan.js';
import { jobId } from './queued-unit.js';

function codeOf(text: string): string {
  try {
    parseQueuedPlan(text);
    return 'read';
  } catch (error) {
    if (isHalfspaceError(error)) return error.code;
    throw error;
  }
}

it('reads a plan, and refuses in words whatever else is in a queue', () => {
  const whole = JSON.stringify({ ...smallRun().plan, prompts: 'a' });
  expect(codeOf(whole)).toBe('read');
  const refused = ['bad-plan', 'other-version'];
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(refused).toContain(codeOf(text));
    }),
  );
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(20), fc.string({ maxLength: 5 }), (at, length, other) => {
      const changed = whole.slice(0, at) + other + whole.slice(at + length);
      expect(['read', ...refused]).toContain(codeOf(changed));
    }),
    { numRuns: 500 },
  );
});

it('takes no path for the name of an attribute', () => {
  const paths = fc.stringMatching(/^[a-z./\\:%-]{0,9}([./\\:%])[a-z./\\:%-]{0,9}$/);
  fc.assert(
    fc.property(paths, (path) => {
      const plan = { ...smallRun().plan, prompts: 'a', attributes: { [path]: 'digest' } };
      expect(codeOf(JSON.stringify(plan))).toBe('bad-plan');
    }),
  );
});

it('tells what is a unit to be done from what is none', () => {
  const prompt = { suite: 's', id: '1', text: 'a' };
  expect(isQueuedUnit({ method: 'plain', prompt })).toBe(true);
  expect(
    isQueuedUnit({ method: 'plain', prompt: { ...prompt, messages: [{ role: 'tool', content: '' }] } }),
  ).toBe(false);
  fc.assert(fc.property(fc.jsonValue(), (value) => !isQueuedUnit(value)));
});

it('gives units of any names jobs of their own', () => {
  const unit = fc.record({ method: fc.string(), suite: fc.string(), prompt: fc.string() });
  fc.assert(
    fc.property(unit, unit, (one, other) => {
      expect(jobId(one)).toMatch(/^[\da-f]{64}$/);
      expect(jobId(one) === jobId(other)).toBe(
        JSON.stringify(Object.values(one)) === JSON.stringify(Object.values(other)),
      );
    }),
  );
});
