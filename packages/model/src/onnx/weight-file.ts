import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { WeightSink } from './graph.js';

/** ONNX Runtime maps constants into memory where they start on a page. */
const PAGE = 4096;
/** The most that one call of the system writes is a little less than two of these. */
const LARGEST_WRITE = 2 ** 30;

/** Makes a file of weights; it is closed when `use` has ended, however it did. */
export async function writeWeightFile(path: string, use: (sink: WeightSink) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx');
  let end = 0;
  try {
    await use({
      location: basename(path),
      async append(data) {
        const offset = end;
        end += Math.ceil(data.length / PAGE) * PAGE;
        for (let done = 0; done < data.length;) {
          const length = Math.min(data.length - done, LARGEST_WRITE);
          done += (await file.write(data, done, length, offset + done)).bytesWritten;
        }
        return offset;
      },
    });
    await file.truncate(end);
  } finally {
    await file.close();
  }
}
