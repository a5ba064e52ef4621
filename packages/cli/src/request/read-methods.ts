import { HalfspaceError, isHalfspaceError, type Registry } from '@halfspace/core';
import { attributesOfMethod, evaluateModule, parseMethodSpec, type MethodSpec } from '@halfspace/evaluate';
import { projectRegistry } from '../config/project-modules.js';
import { loadAttributes } from '../attributes/load-attributes.js';
import { isAttributePath, type AttributeChoice } from '../options/attribute.js';
import type { MethodChoice } from '../options/method.js';
import { readWords } from '../data/read-words.js';
import { readJson } from '../data/read-json.js';
import { readText } from '../data/read-text.js';

/** Methods, and the attributes that they name. */
export interface NamedMethods {
  readonly methods: readonly MethodSpec[];
  /** Where the attributes are: names, or paths that the user gave. */
  readonly sources: readonly string[];
}

/**
 * Reads the methods that the user named.
 *
 * @throws HalfspaceError `bad-method`, and what reading a file or loading an attribute throws
 */
export async function readMethods(
  choices: readonly MethodChoice[],
  signal: AbortSignal,
): Promise<NamedMethods> {
  const registry = await projectRegistry(evaluateModule);
  const methods: MethodSpec[] = [];
  const sources = new Set<string>();
  for (const choice of choices) {
    if ('file' in choice) {
      const specs = await specsOf(choice.file, registry, signal);
      for (const spec of specs) {
        for (const name of await namesIn(spec, choice.file, registry)) sources.add(name);
      }
      methods.push(...specs);
    } else {
      for (const { source } of choice.attributes) sources.add(source);
      methods.push(await steeringSpec(choice.attributes));
    }
  }
  return { methods, sources: [...sources] };
}

/** Attributes are called by their names from here on, however the user named them. */
async function steeringSpec(choices: readonly AttributeChoice[]): Promise<MethodSpec> {
  if (choices.length === 0) return parseMethodSpec({ method: 'plain' });
  const loaded = await loadAttributes(choices, 1);
  const weights = loaded.map(({ attribute, weight }) => [attribute.name, weight] as const);
  return parseMethodSpec({ method: 'halfspace', weights: Object.fromEntries(weights) });
}

/** Of a file, which may come from anywhere: names alone. Paths are the user's to give. */
async function namesIn(spec: MethodSpec, file: string, registry: Registry): Promise<readonly string[]> {
  const names = await attributesOfMethod(spec, { registry });
  const path = names.find(isAttributePath);
  if (path === undefined) return names;
  throw new HalfspaceError(
    'bad-method',
    `${file}: the method "${spec.name}" names an attribute by the path ${path}. Name it by its name, and have it found by --attribute or by a halfspace.config.`,
  );
}

async function specsOf(path: string, registry: Registry, signal: AbortSignal): Promise<MethodSpec[]> {
  const value = parse(await readText(path, signal), path);
  const list = Array.isArray(value) ? value : [value];
  return Promise.all(
    list
      .map(async (each: unknown) => parseMethodSpec(await withWords(each, signal), { registry }))
      .map(async (spec) =>
        spec.catch((error: unknown) => {
          if (!isHalfspaceError(error)) throw error;
          throw new HalfspaceError(error.code, `${path}: ${error.message}`, { cause: error });
        }),
      ),
  );
}

function parse(text: string, path: string): unknown {
  try {
    return readJson(text);
  } catch (error) {
    throw new HalfspaceError('bad-method', `${path} is no JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Words that begin with `@` name files of them, as with `generate --forbid`. */
async function withWords(spec: unknown, signal: AbortSignal): Promise<unknown> {
  if (typeof spec !== 'object' || spec === null || !('words' in spec) || !Array.isArray(spec.words))
    return spec;
  const lists = spec.words.map(async (word: unknown) =>
    typeof word === 'string' && word.startsWith('@') ? await readWords(word.slice(1), signal) : [word],
  );
  return { ...spec, words: (await Promise.all(lists)).flat() };
}
