import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built command. */
export const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/halfspace.js', import.meta.url));

/** What a run of the command came to. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run the command. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin holds (default: nothing). */
  readonly input?: string;
  /** Called with what is on stdout or stderr so far whenever more arrives. */
  readonly onOutput?: (so: { readonly stdout: string; readonly stderr: string }, child: ChildProcess) => void;
}

/** Runs `halfspace` as a child process, as a shell would. */
export async function halfspace(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [COMMAND, ...words], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      options.onOutput?.(text, child);
    });
  }
  // A command that ends without reading its input closes the pipe.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, ...text };
}

/**
 * The line that tells of work that takes long, where there is no terminal for a bar, and the one that tells what eight bits make of
 * subspaces that were fitted in f32: it comes where they are the fastest arithmetic.
 */
const NOTICE = /^(?:[A-Z][a-z]+…|warning: Subspaces that were fitted in f32 are read in [^\n]+)\n/gm;

/** The JSON lines of a run that must have ended well, with nothing to say besides. */
export function resultsOf<T = Record<string, unknown>>({ code, stdout, stderr }: Run): T[] {
  const said = stderr.replaceAll(NOTICE, '');
  if (code !== 0 || said !== '') throw new Error(`The command ended with ${code} and said: ${said}`);
  return jsonLines<T>(stdout);
}

/** The values of JSON lines. Throws where a line is anything else. */
export function jsonLines<T = Record<string, unknown>>(text: string): T[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('The last line is not whole.');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);
}
