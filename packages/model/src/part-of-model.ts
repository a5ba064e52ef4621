import { HalfspaceError } from '@halfspace/core';

/** How tools name the parts of a model. */
const PART = /-(?<part>\d{5})-of-(?<parts>\d{5})(?<ending>\.(?:gguf|safetensors))$/;

/** Which part a file is, and of how many. */
export interface PartOfModel {
  /** From 1. */
  readonly part: number;
  readonly parts: number;
}

/** What the name of a file says of it; undefined where it is a whole model, or none. */
export function partByName(name: string): PartOfModel | undefined {
  const { part, parts } = PART.exec(name)?.groups ?? {};
  if (part === undefined || Number(parts) < 2 || Number(part) < 1 || Number(part) > Number(parts))
    return undefined;
  return { part: Number(part), parts: Number(parts) };
}

/** Names (or paths) of all parts, in order, by that of one. */
export function partNames(name: string, { parts }: PartOfModel): string[] {
  const digits = (number: number) => String(number).padStart(5, '0');
  return Array.from({ length: parts }, (_, at) =>
    name.replace(PART, `-${digits(at + 1)}-of-${digits(parts)}$<ending>`),
  );
}

/** A name without what says which part it is. */
export function nameOfWhole(name: string): string {
  return name.replace(PART, '$<ending>');
}

/** The error for a part of a GGUF file that is called otherwise, so that the other parts cannot be found. */
export function partWithoutName(name: string, { part, parts }: PartOfModel): HalfspaceError {
  return new HalfspaceError(
    'unsupported-model',
    `${name} is part ${part} of ${parts} of a model. Give the parts the names that they were published with (NAME-00001-of-${String(parts).padStart(5, '0')}.gguf and so on), in one directory.`,
  );
}

/** The error for a file that is called a part of a GGUF file, and has no header that says so. */
export function partWithoutHeader(
  name: string,
  { part, parts }: PartOfModel,
  cause: unknown,
): HalfspaceError {
  return new HalfspaceError(
    'unsupported-model',
    `${name} is part ${part} of ${parts} of a model that was cut up without regard to what it holds. Put the parts together one after another, or take a file that is not split or was split by llama-gguf-split.`,
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

/** The error for a part of a GGUF file where no others can be beside it. */
export function partOfGguf(name: string, { part, parts }: PartOfModel): HalfspaceError {
  return new HalfspaceError(
    'unsupported-model',
    `${name} is part ${part} of ${parts} of a model, and here a model is one file. Take a file that is not split, or put the parts together with llama-gguf-split --merge.`,
  );
}
