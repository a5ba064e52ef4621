import type { TokenMasks, Tokenizer } from '@halfspace/contracts';
import { leaseMatcher } from './masks/matcher-pool.js';
import type { WorkerAnswer } from './masks/protocol.js';

/**
 * The masks of a grammar.
 *
 * @throws HalfspaceError `bad-grammar`, `grammar-too-large`, `busy`, `aborted`
 */
export async function openGrammarMasks(
  ebnf: string,
  tokenizer: Tokenizer,
  signal?: AbortSignal,
): Promise<TokenMasks> {
  const lease = await leaseMatcher(tokenizer, ebnf, signal);
  const { client } = lease;
  return {
    after({ begun, tokens }) {
      const answer = client.ask({ kind: 'after', begun, tokens: Int32Array.from(tokens) });
      return maskOf(answer);
    },
    isComplete(text) {
      const answer = client.ask({ kind: 'complete', text });
      return answer.kind === 'complete' && answer.isComplete;
    },
    release: () => lease.release(),
  };
}

function maskOf(answer: WorkerAnswer): Uint32Array {
  const { buffer, byteOffset, length } = answer.kind === 'mask' ? answer.mask : new Int32Array();
  return new Uint32Array(buffer, byteOffset, length);
}
