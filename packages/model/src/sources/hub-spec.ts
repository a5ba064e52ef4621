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
