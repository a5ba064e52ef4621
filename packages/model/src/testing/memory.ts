import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function used(): number {
  // What the first collection finalises, the second one frees.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that the result of `run` keeps alive. */
export function bytesKept(run: () => unknown): number {
  const before = used();
  const result = run();
  const after = used();
  // Keeps the result until here.
  return result === undefined ? 0 : after - before;
}
