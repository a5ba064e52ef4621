import { HalfspaceError } from '@halfspace/core';

/** How tools name the parts of a model. */
const PART = /-(?<part>\d{5})-of-(?<parts>\d{5})\.(?<kind>gguf|safetensors)$/;

/** Which part a file is, and of how many. */
export interface PartOfModel {
  /** From 1. */
  readonly part: number;
  readonly parts: number;
}

/** What the name of a file says of it; undefined where it is a whole model, or none. */
export function partByName(name: string): PartOfModel | undefined {
  const { part, parts } = PART.exec(name)?.groups ?? {};
  return part === undefined || Number(parts) < 2 ? undefined : { part: Number(part), parts: Number(parts) };
}

/** The error for a part of a GGUF file, which is none that is damaged. */
export function partOfGguf(name: string, { part, parts }: PartOfModel, cause?: unknown): HalfspaceError {
  return new HalfspaceError(
    'unsupported-model',
    `${name} is part ${part} of ${parts} of a model; Halfspace reads GGUF in one file. Put the parts together (llama-gguf-split --merge FIRST-PART WHOLE.gguf), or take a file of the model that is not split.`,
    { cause },
  );
}

/** The error for one of several safetensors files that was named by itself. */
export function partOfSafetensors(name: string, { part, parts }: PartOfModel): HalfspaceError {
  return new HalfspaceError(
    'unsupported-model',
    `${name} is part ${part} of ${parts} of a model. Name the directory of all parts, or its model.safetensors.index.json.`,
  );
}
