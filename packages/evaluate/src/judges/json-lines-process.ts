import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that answers each line of JSON with one, in their order. */
export interface JsonLinesProcess {
  /** Its next line, without a question. */
  next(): Promise<unknown>;
  /** Its answer to a value. */
  ask(value: unknown): Promise<unknown>;
  /** Lets it end, and waits for that. Idempotent. */
  close(): Promise<void>;
}

/** As much of what a program complains of as helps to understand it. */
const SHOWN = 500;

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** Starts a program. Whoever waits for an answer gets an error when it ends or cannot be started. */
export function startJsonLines(command: string, options: readonly string[]): JsonLinesProcess {
  const child = spawn(command, options, { stdio: 'pipe' });
  const waiting: Waiting[] = [];
  const early: unknown[] = [];
  let complaint = '';
  let ended: Error | undefined;
  const closed = once(child, 'close').catch(() => undefined);

  const end = (error: Error) => {
    ended ??= error;
    for (const each of waiting.splice(0)) each.reject(ended);
  };
  child.on('error', end);
  child.on('close', (code, killedBy) => {
    const how = killedBy === null ? `with code ${code}` : `by ${killedBy}`;
    end(new Error(`${command} ended ${how}${complaint === '' ? '' : `: ${complaint.trim()}`}`));
  });
  // A program that has ended takes no more: who asked hears of it when it closes.
  child.stdin.on('error', () => undefined);
  child.stderr.on(
    'data',
    (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-SHOWN)),
  );
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = parsed(line);
    if (answer === undefined) {
      end(new Error(`${command} wrote a line that is no JSON: ${line.slice(0, SHOWN)}`));
      child.kill();
      return;
    }
    const first = waiting.shift();
    if (first === undefined) early.push(answer);
    else first.resolve(answer);
  });

  const next = async () =>
    early.length > 0
      ? early.shift()
      : new Promise<unknown>((resolve, reject) => {
          if (ended === undefined) waiting.push({ resolve, reject });
          else reject(ended);
        });
  return {
    next,
    async ask(value) {
      if (ended === undefined) child.stdin.write(`${JSON.stringify(value)}\n`);
      return next();
    },
    async close() {
      child.stdin.end();
      await closed;
    },
  };
}

/** Undefined where the line is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
