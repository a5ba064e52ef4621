import { HalfspaceError } from '@halfspace/contracts';
/// <reference lib="esnext.disposable" preserve="true" />
import type { Completion, StreamEvent } from './completion.js';

/**
 * Completions on their way: an iterable of events, which is read once. Leaving a loop over it, or over `text`, ends the work and
 * frees what it held; so does the end of a block that has it by `await using`.
 */
export interface CompletionStream<Name extends string = string> extends AsyncGenerator<
  StreamEvent<Name>,
  void,
  undefined
> {
  /**
   * The text of the one completion as it comes, for people who want strings: joined, they are its `text`. It reads the same
   * stream, from where that is. An error that is the completion's own is thrown at its end.
   *
   * Reading it throws HalfspaceError `bad-option` where the options ask for several completions, and what
   * {@link Halfspace.generate} throws.
   */
  readonly text: AsyncGenerator<string, void, undefined>;
  /**
   * All completions, in the order of {@link Halfspace.generate}, once the last is finished. Asking for it runs the work to its
   * end, whether or not somebody reads; events that were not read yet are kept for who does.
   *
   * It is rejected with what ends the work, and with HalfspaceError `aborted` where a loop was left before.
   *
   * @beta
   */
  readonly completions: Promise<Completion<Name>[]>;
  /** Ends the work. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Completions by prompt, then sample. */
export function inOrder(completions: readonly Completion[]): Completion[] {
  return completions.toSorted((a, b) => a.promptIndex - b.promptIndex || a.sample - b.sample);
}

/** Events that several may ask for, each given once, in order. */
interface Reading {
  next(): Promise<IteratorResult<StreamEvent, void>>;
  /** Ends the work. */
  leave(): Promise<void>;
  /** Reads to the end; events are kept for `next`. */
  readAll(): Promise<Completion[]>;
}

function createReading(source: AsyncGenerator<StreamEvent, void, undefined>): Reading {
  const waiting: StreamEvent[] = [];
  const completions: Completion[] = [];
  let end: 'finished' | 'left' | { readonly error: unknown } | undefined;
  let toldOfError = false;

  /** Takes one more event of the source. All of them come this way, so that they stay in order. */
  async function pull(): Promise<void> {
    try {
      const { done, value } = await source.next();
      if (done === true) {
        end ??= 'finished';
        return;
      }
      if (value.type === 'completion') completions.push(value.completion);
      waiting.push(value);
    } catch (error) {
      end ??= { error };
    }
  }

  return {
    async next() {
      while (waiting.length === 0 && end === undefined) await pull();
      const value = waiting.shift();
      if (value !== undefined) return { done: false, value };
      if (typeof end === 'object' && !toldOfError) {
        toldOfError = true;
        throw end.error;
      }
      return { done: true, value: undefined };
    },
    async leave() {
      end ??= 'left';
      waiting.length = 0;
      await source.return();
    },
    async readAll() {
      while (end === undefined) await pull();
      if (typeof end === 'object') throw end.error;
      if (end === 'finished') return inOrder(completions);
      throw new HalfspaceError(
        'aborted',
        'The stream was left before its completions were finished. Read it to its end to have them.',
      );
    },
  };
}

/**
 * Ends the work of streams that are garbage: nobody can read them any more. What is held for a stream must not refer to it.
 */
const abandoned = new FinalizationRegistry<Reading>((reading) => void reading.leave().catch(() => undefined));

/**
 * Makes a stream of events that decoding gives. One that is dropped before its end, without being left, is left when it is found
 * to be garbage.
 *
 * @param source - Read only as far as somebody asks.
 * @param assertOne - Throws where there will be more than one completion.
 */
export function createCompletionStream(
  source: AsyncGenerator<StreamEvent, void, undefined>,
  assertOne: () => void,
): CompletionStream {
  const reading = createReading(source);
  let whole: Promise<Completion[]> | undefined;

  async function* readText(): AsyncGenerator<string, void, undefined> {
    assertOne();
    let failure: HalfspaceError | undefined;
    for await (const event of stream) {
      if (event.type === 'text') yield event.text;
      if (event.type === 'completion') failure = event.completion.error;
    }
    if (failure !== undefined) throw failure;
  }

  const stream: CompletionStream = {
    async next() {
      const result = await reading.next();
      // Until then the stream is no garbage, even where the promise alone was kept; a stream at its end needs no watch.
      if (result.done === true) abandoned.unregister(stream);
      return result;
    },
    async return() {
      await reading.leave();
      return { done: true, value: undefined };
    },
    async throw(error) {
      await reading.leave();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => reading.leave(),
    get text() {
      return readText();
    },
    get completions() {
      if (whole === undefined) {
        // From now on the work runs to its end, whoever has kept the stream.
        abandoned.unregister(stream);
        whole = reading.readAll();
        // Who reads the events hears of an error there, and may never look at this.
        whole.catch(() => undefined);
      }
      return whole;
    },
  };
  abandoned.register(stream, reading, stream);
  return stream;
}
