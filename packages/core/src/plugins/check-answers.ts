import {
  type Backend,
  type Context,
  describeValue,
  HalfspaceError,
  type LookAhead,
  type NextTokenRequest,
  type NextTokens,
  type Prefill,
  type PrefillRequest,
} from '@halfspace/contracts';

/**
 * A backend whose answers are checked when they come: that there are as many as were asked for, of the size that the contract
 * says. What is wrong with one would show as a wrong text otherwise. Nothing is copied.
 *
 * Its methods throw, besides what those of the backend do, HalfspaceError `bad-backend`.
 */
export function checkAnswers(backend: Backend): Backend {
  const { specificationVersion, model, tokenizer, exact } = backend;

  function checkStates(states: Float32Array, rows: number, layer: number): Float32Array {
    const { length } = states;
    // Numbers that are none are told of where they are read.
    if (length === rows * model.width || states.some(Number.isNaN)) return states;
    throw bad(`${describeValue(length)} numbers at layer ${layer} for ${rows} rows of width ${model.width}`);
  }

  function checkedLook(look: LookAhead, rows: number): LookAhead {
    return {
      hidden: (layer) => checkStates(look.hidden(layer), rows, layer),
      commit: (candidate) => checkContext(look.commit(candidate)),
    };
  }

  function checkedPrefill(prefill: Prefill, { tokens, after, from = 0 }: PrefillRequest): Prefill {
    const context = checkContext(prefill.context);
    const begun = after?.length ?? 0;
    if (!(context.length >= begun && context.length <= begun + tokens.length)) {
      throw bad(
        `a context of ${describeValue(context.length)} tokens for ${tokens.length} tokens after ${begun}`,
      );
    }
    const { cachedTokens } = prefill;
    if (!(Number.isInteger(cachedTokens) && cachedTokens >= 0 && cachedTokens <= context.length - begun)) {
      throw bad(`${describeValue(cachedTokens)} cached tokens of ${context.length - begun}`);
    }
    const rows = Math.max(0, context.length - Math.max(from, begun));
    return {
      context,
      cachedTokens,
      hidden: (layer) => checkStates(prefill.hidden(layer), rows, layer),
    };
  }

  return {
    specificationVersion,
    model,
    tokenizer,
    exact,
    async prefill(requests, options) {
      const found = await backend.prefill(requests, options);
      checkCount(found, requests);
      return found.map((each, i) => checkedPrefill(each, requests[i]));
    },
    async next(requests) {
      const answers = await backend.next(requests);
      checkCount(answers, requests);
      answers.forEach((answer, i) => checkNext(answer, requests[i], tokenizer.vocabularySize));
      return answers;
    },
    async lookAhead(requests) {
      const looks = await backend.lookAhead(requests);
      checkCount(looks, requests);
      return looks.map((look, i) => checkedLook(look, requests[i].tokens.length));
    },
    async logProbs(tokens, options) {
      const found = await backend.logProbs(tokens, options);
      if (found.length === tokens.length - 1) return found;
      throw bad(`${describeValue(found.length)} log-probabilities for a text of ${tokens.length} tokens`);
    },
    async states(texts, options) {
      const found = await backend.states(texts, options);
      checkCount(found, texts);
      return found.map((text, i) => ({
        hidden: (layer) => checkStates(text.hidden(layer), texts[i].length, layer),
      }));
    },
    fork: (context) => checkContext(backend.fork(context)),
    release: (context) => backend.release(context),
    dispose: async () => backend.dispose(),
  };
}

function checkContext(context: Context): Context {
  if (typeof (context as Partial<Context> | undefined)?.length === 'number') return context;
  throw bad(`${describeValue(context)} and not a context, which has a length`);
}

function checkNext(
  answer: NextTokens,
  { tokens: named = [] }: NextTokenRequest,
  vocabularySize: number,
): void {
  const { tokens, logProbs, asked } = answer;
  if (tokens.length === 0 || tokens.length !== logProbs.length) {
    throw bad(
      `${describeValue(tokens.length)} tokens with ${describeValue(logProbs.length)} log-probabilities`,
    );
  }
  if (asked.length !== named.length) {
    throw bad(
      `${describeValue(asked.length)} log-probabilities for ${named.length} tokens asked for by name`,
    );
  }
  const wrong = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabularySize));
  if (wrong !== undefined) throw bad(`the token ${describeValue(wrong)}, which is none of ${vocabularySize}`);
  for (const values of [logProbs, asked]) {
    if (values.some((value) => Number.isNaN(value) || value === Infinity)) throw notFinite();
  }
}

function checkCount(answers: readonly unknown[], requests: readonly unknown[]): void {
  if (answers.length === requests.length) return;
  throw bad(`${describeValue(answers.length)} answers to ${requests.length} requests`);
}

function bad(answer: string): HalfspaceError {
  return new HalfspaceError('bad-backend', `The backend gave ${answer}. Repair it, or use another one.`);
}

function notFinite(): HalfspaceError {
  return new HalfspaceError(
    'not-finite',
    'The model gave log-probabilities that are no numbers. Its weights or its arithmetic are broken: try another ' +
      'precision, and verify the model file.',
  );
}
