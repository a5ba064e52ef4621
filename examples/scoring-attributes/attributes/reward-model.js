import { defineAttribute } from '@halfspace/contracts';

/**
 * Steers by a reward model: any async function from a text to a number, such as a call of a server.
 *
 * @param options - `reward(text, signal)` resolves to a number that is larger for better text, in log-odds; the
 * signal is aborted when nobody waits any more, so hand it on, as in `fetch(url, { signal })`. An answer may take
 * `timeoutMs`; all completions of a run wait for it.
 */
export function rewardModel({ name, description, reward, cap = Infinity, timeoutMs = 5000 }) {
  return defineAttribute({
    name,
    description,
    // More reward is better, however much there is already.
    cap,
    timeoutMs,
    score: async ({ prompt, prefix, candidates, signal }) =>
      Promise.all(candidates.map(async ({ text }) => reward(prompt + prefix + text, signal))),
  });
}
