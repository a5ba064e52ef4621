import { complaintOf, type Filter, HalfspaceError } from '@halfspace/core';
import type { StructureFlags } from '../../options/structure.js';
import { fileLabel, readText } from '../../data/read-text.js';

/**
 * The filters of the structures that the flags name.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `bad-schema`, `bad-grammar`
 */
export async function structureFilters(
  { jsonSchema, grammar }: StructureFlags,
  signal: AbortSignal,
): Promise<Filter[]> {
  if (jsonSchema === undefined && grammar === undefined) return [];
  const { grammarFilter, jsonSchemaFilter } = await import('@halfspace/grammar');
  const filters: Filter[] = [];
  if (jsonSchema !== undefined) filters.push(jsonSchemaFilter(await readSchema(jsonSchema, signal)));
  if (grammar !== undefined) filters.push(grammarFilter(await readText(grammar, signal)));
  return filters;
}

async function readSchema(path: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const text = await readText(path, signal);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new HalfspaceError('bad-schema', `${fileLabel(path)} is no JSON: ${complaintOf(cause)}`, { cause });
  }
}
