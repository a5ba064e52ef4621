import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { HalfspaceError, isHalfspaceError } from '@halfspace/core';

/** A JSON object as it was read: nothing is known of its entries. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The largest tokenizer.json are a tenth of that. */
const LARGEST = 200_000_000;

/**
 * Reads one of the text files that belong beside safetensors.
 *
 * @throws HalfspaceError `corrupt-model` when it is missing, unreadable or longer than any such file
 */
export async function readTextFile(path: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new HalfspaceError('corrupt-model', `${why}. Fetch the model again.`, { cause });
  try {
    if ((await stat(path)).size > LARGEST) throw refuse(`${path} is longer than ${LARGEST} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isHalfspaceError(error)) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw refuse(`The model has no ${basename(path)}, which belongs beside its weights (${path})`, error);
    throw refuse(`${path} cannot be read (${(error as Error).message})`, error);
  }
}

/**
 * Reads a JSON object that belongs beside safetensors.
 *
 * @throws HalfspaceError `corrupt-model` when it is missing, unreadable or no JSON object
 */
export async function readJsonFile(path: string): Promise<JsonObject> {
  const text = await readTextFile(path);
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Falls through to the same complaint.
  }
  throw new HalfspaceError('corrupt-model', `${path} is no JSON object. Fetch the model again.`);
}

/** Whether a value is an object, and no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
