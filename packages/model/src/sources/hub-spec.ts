import { basename } from 'node:path';
import { partByName, partNames } from '../part-of-model.js';

/** A model on the hub: `org/name`, `org/name@revision`, `org/name:file.gguf`, or all of it. Or a file of a data set. */
export interface HubSpec {
  readonly kind: 'model' | 'dataset';
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Path inside of the repository; without one, its safetensors are meant. */
  readonly file: string | undefined;
}

/** A name that is neither hidden, nor `.` or `..`, nor an option of some command. */
const NAME = String.raw`\w[\w.-]{0,127}`;
const SPEC = new RegExp(
  `^(?<repository>${NAME}/${NAME})(@(?<revision>${NAME}))?(:(?<file>${NAME}(/${NAME}){0,8}))?$`,
);

/** Reads a spec of a model on the hub; undefined when it is none, such as a path. */
export function parseHubSpec(spec: string): HubSpec | undefined {
  const { repository, revision = 'main', file } = SPEC.exec(spec)?.groups ?? {};
  return repository === undefined ? undefined : { kind: 'model', repository, revision, file };
}

/** Most parts of a model: hubs take files of tens of gigabytes. */
const MOST_PARTS = 1000;

/**
 * The files that a spec names, in order: of a GGUF file that is split, all parts, whichever it names.
 *
 * @returns Undefined where the spec names a repository.
 */
export function filesOf({ kind, file }: HubSpec): string[] | undefined {
  if (file === undefined) return undefined;
  const part = kind === 'model' && file.endsWith('.gguf') ? partByName(basename(file)) : undefined;
  return part === undefined || part.parts > MOST_PARTS ? [file] : partNames(file, part);
}
