import { HalfspaceError } from '@halfspace/core';
import { modelNeeds, type ModelFile, type NeedsOptions, type Precision } from '@halfspace/model';
import { freeMemory } from '@halfspace/onnx-runtime';

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

/** No arithmetic takes more bytes of memory: for a weight of a file four, for tables of positions no more than that or 64 MiB. */
function atMost({ tensors }: ModelFile): number {
  return [...tensors.values()].reduce(
    (sum, { shape }) => sum + 8 * shape.reduce((a, b) => a * b, 1),
    2 ** 26,
  );
}

/**
 * Sees to it that the weights of a model fit the memory that is free, before it is compiled or loaded.
 *
 * @param free - Bytes that can still be had; undefined where the system does not say (default: those of this machine).
 * @throws HalfspaceError `out-of-memory`, with what would fit
 */
export async function assertFits(
  file: ModelFile,
  precision: Precision,
  options: NeedsOptions,
  free?: number,
): Promise<void> {
  const left = free ?? (await freeMemory());
  // Where there is plenty, nobody needs to count.
  if (left === undefined || atMost(file) <= left) return;
  const { arithmetics } = await modelNeeds(file, options);
  const memory = arithmetics[precision]?.memory;
  if (memory === undefined || memory <= left) return;
  const fitting = Object.entries(arithmetics).filter(([, needs]) => needs.memory <= left);
  const cure =
    fitting.length === 0
      ? 'No other precision needs as little: close other programs, or take a smaller model'
      : `Take the precision ${fitting.map(([name, needs]) => `${name} (${gigabytes(needs.memory)})`).join(' or ')}, or close other programs`;
  throw new HalfspaceError(
    'out-of-memory',
    `${file.name} needs ${gigabytes(memory)} of memory for its weights in ${precision}, and ${gigabytes(left)} are free. ${cure}.`,
  );
}
