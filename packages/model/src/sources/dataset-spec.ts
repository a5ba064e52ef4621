import { basename, dirname } from 'node:path/posix';
import { HalfspaceError } from '@halfspace/core';

/** A data set on the hub, as users name it: `hf:owner/name`, `hf:owner/name@revision`, with `:what` behind it. */
export interface DatasetSpec {
  /** `owner/name`. */
  readonly repository: string;
  /** Branch, tag or commit (default: main). */
  readonly revision: string;
  /** What of it: a file (which may have a `*`), a split, or `config/split`. */
  readonly part: string | undefined;
}

const NAME = String.raw`\w[\w.-]{0,127}`;
const SPEC = new RegExp(
  `^hf:(?<repository>${NAME}/${NAME})(@(?<revision>${NAME}))?(:(?<part>[\\w*][\\w.*-]{0,127}(/[\\w*][\\w.*-]{0,127}){0,8}))?$`,
);

/**
 * Reads the name of a data set on the hub.
 *
 * @throws HalfspaceError `bad-option` where it is none
 */
export function parseDatasetSpec(text: string): DatasetSpec {
  const { repository, revision = 'main', part } = SPEC.exec(text)?.groups ?? {};
  if (repository !== undefined) return { repository, revision, part };
  throw new HalfspaceError(
    'bad-option',
    `${JSON.stringify(text)} names no data set on the hub. Write hf:owner/name, hf:owner/name@revision, or either with a ` +
      'split (:train), a configuration and a split (:config/train) or a file (:data/train.parquet) behind it.',
  );
}

/** Endings of files that hold rows. Of a split that is there in several formats the first is taken. */
const ENDINGS = ['.parquet', '.jsonl', '.ndjson', '.json', '.csv', '.tsv'];
const TAKEN = new RegExp(String.raw`(\.parquet|\.(jsonl|ndjson|json|csv|tsv)(\.gz)?)$`);
/** What files of several parts have behind the name of their split. */
const SHARD = /[-_.]\d+(-of-\d+)?$/;

/** A file that may hold rows: what configuration and split its path says it is of. */
interface DataFile {
  readonly path: string;
  readonly folder: string;
  readonly split: string;
  readonly ending: string;
}

function dataFile(path: string): DataFile {
  const ending = TAKEN.exec(path)?.[0] ?? '';
  const split = basename(path, ending).replace(SHARD, '');
  const folder = dirname(path).replace(/^(\.|data)(\/|$)/, '');
  return { path, folder, split, ending: ending.replace(/\.gz$/, '') };
}

/**
 * The files of a data set that a part of it is in, in order: those that match where the part names files, else those that are called
 * as the split is, in the folder of the configuration where one is named. `data/` counts for no folder.
 *
 * @param paths - All files of the repository.
 * @param part - As in {@link DatasetSpec}; without one the split `train`, or the only file with rows.
 * @throws HalfspaceError `dataset-not-found` saying what there is
 */
export function chooseDataFiles(
  paths: readonly string[],
  { repository, part }: DatasetSpec,
): readonly string[] {
  const files = paths.filter((path) => TAKEN.test(path)).toSorted((a, b) => (a < b ? -1 : 1));
  if (part !== undefined && (part.includes('*') || TAKEN.test(part))) {
    const pattern = new RegExp(`^${part.split('*').map(escaped).join('[^/]*')}$`);
    return some(
      files.filter((path) => pattern.test(path)),
      repository,
      part,
      files,
    );
  }
  const [split, config] = (part ?? 'train').split('/').toReversed();
  const found = files
    .map(dataFile)
    .filter((file) => file.split === split && (config === undefined || file.folder === config));
  if (found.length === 0 && part === undefined && files.length === 1) return files;
  const folders = [...new Set(found.map(({ folder }) => folder))];
  const folder = folders.includes('') ? '' : folders[0];
  if (folder !== '' && folders.length > 1) {
    throw new HalfspaceError(
      'dataset-not-found',
      `The data set ${repository} has the split ${split} in several configurations. Say which: ` +
        `${folders.map((each) => `:${each}/${split}`).join(', ')}.`,
    );
  }
  const inFolder = found.filter((file) => file.folder === folder);
  const ending = ENDINGS.find((each) => inFolder.some((file) => file.ending === each));
  const taken = inFolder.filter((file) => file.ending === ending).map(({ path }) => path);
  return some(taken, repository, part ?? 'train', files);
}

function some(
  found: readonly string[],
  repository: string,
  part: string,
  files: readonly string[],
): readonly string[] {
  if (found.length > 0) return found;
  const there =
    files.length === 0
      ? ' It has no file of rows in a format that is read (Parquet, JSON lines, JSON, CSV).'
      : ` It has ${files.slice(0, 20).join(', ')}${files.length > 20 ? ' and more' : ''}.`;
  throw new HalfspaceError('dataset-not-found', `The data set ${repository} has no ${part}.${there}`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.-]/g, String.raw`\$&`);
}
