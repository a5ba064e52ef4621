import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { HalfspaceError, isHalfspaceError, isUtf16 } from '@halfspace/core';
import { beyondBounds } from './json-bounds.js';
import { isJsonObject, type JsonObject } from './json-object.js';

/** The largest tokenizer.json are a tenth of that. */
const LARGEST = 200_000_000;
/** Those have two million values, in four levels. */
const BOUNDS = { deepest: 64, most: 2 ** 23 };

const damaged = (why: string, cause?: unknown) =>
  new HalfspaceError('corrupt-model', `${why}. Fetch the model again.`, { cause });

async function readBytes(path: string): Promise<Buffer> {
  try {
    if ((await stat(path)).size > LARGEST) throw damaged(`${path} is longer than ${LARGEST} bytes`);
    return await readFile(path);
  } catch (error) {
    if (isHalfspaceError(error)) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw damaged(`The model has no ${basename(path)}, which belongs beside its weights (${path})`, error);
    throw damaged(`${path} cannot be read (${(error as Error).message})`, error);
  }
}

/** A text as it stands, a mark of byte order in front included. */
function textOf(bytes: Buffer, path: string): string {
  if (isUtf16(bytes)) throw damaged(`${path} is text in UTF-16, and files of models are in UTF-8`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw damaged(`${path} is no text in UTF-8`, error);
  }
}

/**
 * Reads one of the text files that belong beside safetensors.
 *
 * @throws HalfspaceError `corrupt-model` when it is missing, unreadable, no UTF-8 or longer than any such file
 */
export async function readTextFile(path: string): Promise<string> {
  return textOf(await readBytes(path), path);
}

/**
 * Reads a JSON object that belongs beside safetensors. A mark of byte order in front is no part of it.
 *
 * @throws HalfspaceError `corrupt-model` when it is missing, unreadable, no UTF-8, no JSON object, or longer or deeper than any such file
 */
export async function readJsonFile(path: string): Promise<JsonObject> {
  const bytes = await readBytes(path);
  const beyond = beyondBounds(bytes, BOUNDS);
  if (beyond !== undefined) throw damaged(`${path} is no file of a model: ${beyond}`);
  const text = textOf(bytes, path).replace(/^\uFEFF/, '');
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Falls through to the same complaint.
  }
  throw damaged(`${path} is no JSON object`);
}
