import type {
  Backend,
  Completion,
  CompletionStream,
  FailedCompletion,
  FinishedCompletion,
  Halfspace,
  HalfspaceError,
} from '@halfspace/core';
import type { OnnxBackend } from '@halfspace/backend-onnx';
import { expectTypeOf, test } from 'vitest';

declare const completion: Completion;
declare const halfspace: Halfspace;

test('a completion has an error when and only when it ended with one', () => {
  expectTypeOf(completion.error).toEqualTypeOf<HalfspaceError | undefined>();
  if (completion.finishReason === 'error') {
    expectTypeOf(completion).toEqualTypeOf<FailedCompletion>();
    expectTypeOf(completion.error).toEqualTypeOf<HalfspaceError>();
  } else {
    expectTypeOf(completion).toEqualTypeOf<FinishedCompletion>();
    expectTypeOf(completion.error).toEqualTypeOf<undefined>();
  }
  const { error, finishReason } = completion;
  if (error !== undefined) expectTypeOf(finishReason).toExtend<string>();
});

test('one prompt has one completion, which is finished', () => {
  expectTypeOf(halfspace.complete({ prompt: 'a' })).resolves.toEqualTypeOf<FinishedCompletion>();
  // @ts-expect-error
  void halfspace.complete({ prompts: ['a'] });
  // @ts-expect-error
  void halfspace.complete({ prompt: 'a', samples: 2 });
});

test('a stream has events, text and completions', () => {
  const stream = halfspace.stream({ prompt: 'a' });
  expectTypeOf(stream).toEqualTypeOf<CompletionStream>();
  expectTypeOf(stream.text).toExtend<AsyncIterable<string>>();
  expectTypeOf(stream.completions).resolves.toEqualTypeOf<Completion[]>();
});

test('what holds something can be had by `await using`', () => {
  expectTypeOf<Halfspace>().toExtend<AsyncDisposable>();
  expectTypeOf<CompletionStream>().toExtend<AsyncDisposable>();
  expectTypeOf<OnnxBackend>().toExtend<AsyncDisposable>();
  expectTypeOf<OnnxBackend>().toExtend<Backend>();
});
