import {
  defineExtensionPoint,
  type ErrorCode,
  type ErrorRecord,
  HalfspaceError,
  isHalfspaceError,
} from '@halfspace/core';
import type { BuiltInErrorCode } from '@halfspace/contracts';
import { expectTypeOf, test } from 'vitest';

declare const error: HalfspaceError;
declare const anyText: string;

declare module '@halfspace/contracts' {
  interface CustomErrorCodes {
    'over-quota': true;
  }
}

declare module '@halfspace/core' {
  interface CustomErrorCodes {
    'no-such-day': true;
  }
}

test('a code is one of a closed list', () => {
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  expectTypeOf<'unknown-attribute'>().toExtend<ErrorCode>();
  expectTypeOf<string>().not.toExtend<ErrorCode>();
  expectTypeOf<'over-quota'>().not.toExtend<BuiltInErrorCode>();
  void new HalfspaceError('bad-option', 'What to do.');
  // @ts-expect-error
  void new HalfspaceError('bad-optoin', 'What to do.');
  // @ts-expect-error
  void new HalfspaceError(anyText, 'What to do.');
  // @ts-expect-error
  isHalfspaceError(error, 'abroted');
  // @ts-expect-error
  defineExtensionPoint('day', { unknown: 'unknown-dya', check: () => undefined });
});

test('who augments contracts, or core, has codes of their own', () => {
  expectTypeOf<ErrorCode>().toEqualTypeOf<BuiltInErrorCode | 'over-quota' | 'no-such-day'>();
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  void new HalfspaceError('over-quota', 'Wait.');
  isHalfspaceError(error, 'over-quota');
  defineExtensionPoint('day', { unknown: 'no-such-day', check: () => undefined });
});

test('a code that is read from a record may be any text', () => {
  expectTypeOf<ErrorRecord['code']>().toEqualTypeOf<string | undefined>();
  expectTypeOf(error.toJSON()).toEqualTypeOf<ErrorRecord>();
});
