import { type ErrorCode, HalfspaceError } from '@halfspace/contracts';

/** What the system says when a file cannot grow: no room, no quota, or a limit on the size of files. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * What the system says of a file in words: `disk-full`, `not-writable`, `not-readable`. What is no error of the system is given back
 * as it is.
 *
 * @param path - The file, or the directory that it is in.
 * @param doing - What was tried.
 */
export function fileFault(error: unknown, path: string, doing: 'read' | 'write'): unknown {
  if (!isSystemError(error)) return error;
  const { code } = error;
  if (NO_ROOM.has(code)) {
    return new HalfspaceError(
      'disk-full',
      `There is no room left for ${path} (${code}). Free some space, and start again: what was written to its end is kept.`,
      { cause: error },
    );
  }
  const [kind, cure]: [ErrorCode, string] =
    doing === 'write' ? ['not-writable', 'name another place'] : ['not-readable', 'name another one'];
  return new HalfspaceError(
    kind,
    `Cannot ${doing} ${path} (${code}): ${REASONS[code] ?? 'the system refuses'}. Put that right, or ${cure}.`,
    { cause: error },
  );
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'its permissions forbid it',
  EPERM: 'its permissions forbid it',
  EROFS: 'the disk can only be read',
  ENOENT: 'it is not there',
  ENOTDIR: 'what should be its directory is none',
  EISDIR: 'it is a directory',
  EEXIST: 'something else is there',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk fails',
};

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
