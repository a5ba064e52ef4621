import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flush, flushDirectory } from './flush.js';

/**
 * Gives a finished file, directory or link its place. It is on the disk before it gets the name, so that whoever finds it there finds it
 * whole, also when the machine has lost power; and it has the name for good when the promise is fulfilled.
 *
 * @param partial - Where it was made, on the same disk ({@link partialPath}).
 * @param place - What is there is replaced, unless it is a directory that is not empty.
 * @throws what the system refuses, as it is
 */
export async function putInPlace(partial: string, place: string): Promise<void> {
  await flush(partial);
  await nameFlushed(partial, place);
}

/** As {@link putInPlace}, for what is on the disk already. */
export async function nameFlushed(partial: string, place: string): Promise<void> {
  await rename(partial, place);
  await flushDirectory(dirname(place));
}
