import { HalfspaceError } from '@halfspace/core';
import { expect, it } from 'vitest';
import { errorOfRecord, recordOfError } from './error-record.js';

const carried = (error: unknown) => errorOfRecord(structuredClone(recordOfError(error)));

it('an error of Halfspace keeps its code, its message and its causes', () => {
  const system = Object.assign(new RangeError('too long'), { code: 'ERR_LONG' });
  const cause = new HalfspaceError('corrupt-model', 'Half of it is missing.', { cause: system });
  const found = carried(new HalfspaceError('backend-failed', 'It does not load.', { cause }));
  expect(found).toBeInstanceOf(HalfspaceError);
  expect(found).toMatchObject({
    code: 'backend-failed',
    message: 'It does not load.',
    cause: {
      code: 'corrupt-model',
      message: 'Half of it is missing.',
      cause: { name: 'RangeError', message: 'too long', code: 'ERR_LONG' },
    },
  });
  expect(found.cause).toBeInstanceOf(HalfspaceError);
});

it.each([
  ['another error', new TypeError('no function'), 'TypeError', 'no function'],
  ['a text', 'stop', 'Error', 'stop'],
  ['nothing', undefined, 'Error', 'undefined'],
])('%s stays what it was', (_, thrown, name, message) => {
  const found = carried(thrown);
  expect(found).not.toBeInstanceOf(HalfspaceError);
  expect(found).toMatchObject({ name, message });
});
