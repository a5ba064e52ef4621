import type { Registry } from '@halfspace/core';
import { cacheDirectory, freeDisk, listCompiled, modelNeeds, type ModelFile } from '@halfspace/model';
import { freeMemory } from '@halfspace/backend-onnx';
import { duration, since, size } from './sizes.js';

/** Contexts that keys and values are counted for, besides the longest. */
const CONTEXTS = [1024, 8192];

/** What is free; null where the system does not say. */
interface Free {
  readonly memory: number | null;
  readonly disk: number | null;
}

/** What a model needs of a machine, beside what that has. */
export type MachineNeeds = Awaited<ReturnType<typeof machineNeeds>>;

/**
 * What a model needs in each arithmetic, and whether this machine has it free.
 *
 * @param given - What is free (default: what this machine says).
 * @throws HalfspaceError `unsupported-model`, `corrupt-model`
 */
export async function machineNeeds(file: ModelFile, registry: Registry, given?: Free) {
  const cache = cacheDirectory();
  const free = given ?? {
    memory: (await freeMemory()) ?? null,
    disk: (await freeDisk(cache)) ?? null,
  };
  const needs = await modelNeeds(file, { cache, registry });
  const { contextLength } = needs;
  const contexts = [...CONTEXTS.filter((tokens) => tokens < contextLength), contextLength];
  const compiled = (await listCompiled(cache)).filter(
    ({ fingerprint, outdated }) => !outdated && file.fingerprint.startsWith(fingerprint),
  );
  const arithmetics = Object.entries(needs.arithmetics).map(
    ([precision, { disk, memory, keyValueBytes, compiled: isMade }]) => {
      const graphs = compiled.find((each) => each.precision === precision);
      const left = free.memory === null ? null : free.memory - memory;
      return {
        precision,
        disk,
        memory,
        keyValues: contexts.map((tokens) => ({ tokens, bytes: tokens * keyValueBytes })),
        compiled: isMade,
        lastUsed: graphs?.lastUsed.toISOString() ?? null,
        /** Null where the system does not say what is free. */
        fitsDisk: isMade ? true : free.disk === null ? null : disk <= free.disk,
        fitsMemory: left === null ? null : left >= 0,
        /** Tokens of context, of all texts together, whose keys and values fit beside the weights. */
        contextThatFits:
          left === null ? null : Math.max(0, Math.min(contextLength, Math.floor(left / keyValueBytes))),
      };
    },
  );
  return {
    free,
    arithmetics,
    compileSeconds: needs.compileSeconds,
  };
}

/** The same as rows of a table. */
export function describeNeeds({ free, arithmetics, compileSeconds }: MachineNeeds): [string, string][] {
  const known = (bytes: number | null) => (bytes === null ? 'unknown' : size(bytes));
  return [
    ['free here', `${known(free.memory)} of memory, ${known(free.disk)} of disk`],
    ...arithmetics.map((each): [string, string] => [
      `in ${each.precision}`,
      `${size(each.memory)} of memory, ${size(each.disk)} of disk: ${verdict(each)}`,
    ]),
    ...arithmetics.map(({ precision, keyValues }): [string, string] => [
      `texts, ${precision}`,
      keyValues
        .map(({ tokens, bytes }) => `${size(bytes)} at ${tokens.toLocaleString('en')} tokens`)
        .join(', '),
    ]),
    ['compiling', `about ${duration(compileSeconds)} of processor time, once for each precision`],
  ];
}

function verdict({
  compiled,
  lastUsed,
  fitsDisk,
  fitsMemory,
  contextThatFits,
}: MachineNeeds['arithmetics'][number]): string {
  const state = compiled
    ? `compiled${lastUsed === null ? '' : `, last used ${since(new Date(lastUsed))}`}`
    : 'not compiled yet';
  if (fitsMemory === false) return `${state}; does not fit the memory`;
  if (fitsDisk === false) return `${state}; does not fit the disk`;
  if (contextThatFits === null) return state;
  return `${state}; fits, with ${contextThatFits.toLocaleString('en')} tokens of context`;
}
