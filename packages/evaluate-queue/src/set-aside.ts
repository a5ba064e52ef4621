import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunDirectory } from '@halfspace/evaluate';
import { fileFault } from '@halfspace/files';
import type { OnNotice } from './connect.js';

/** Characters of a result that are kept, for whoever wants to know where it is from. */
const KEPT = 10_000;

/** What came out of a queue and was not of the plan. */
export interface SetAside {
  /** Keeps one in the directory of the run, and tells of the first. */
  add(job: string, why: string, found: unknown): Promise<void>;
  /** Tells how many there were, if there were any. */
  report(): void;
}

/** Keeps apart what workers gave back and nobody asked for: in `set-aside.jsonl`, which nothing reads. */
export function createSetAside({ path }: RunDirectory, onNotice: OnNotice): SetAside {
  const file = join(path, 'set-aside.jsonl');
  let count = 0;
  return {
    async add(job, why, found) {
      const line = { job, why, found: JSON.stringify(found)?.slice(0, KEPT) };
      await appendFile(file, `${JSON.stringify(line)}\n`).catch((error: unknown) => {
        throw fileFault(error, file, 'write');
      });
      if (++count === 1) onNotice(`What the queue gave back is set aside: ${why}. See ${file}.`);
    },
    report() {
      if (count > 1) onNotice(`${count} results were set aside in all: ${file}.`);
    },
  };
}
