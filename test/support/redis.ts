import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from './free-port.js';

/** A redis-server that keeps nothing over a restart. */
export interface TestRedis {
  readonly url: string;
  /** Kills it, as a power cut would. */
  stop(): Promise<void>;
  /** Starts it again, empty. */
  start(): Promise<void>;
}

/** Where redis-server is; undefined where there is none. */
export function findRedis(): string | undefined {
  try {
    return execFileSync('which', ['redis-server'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Starts a server of the test's own. */
export async function startRedis(program: string, directory: string): Promise<TestRedis> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const ended = child;
      child = undefined;
      if (ended === undefined || !ended.kill('SIGKILL')) return;
      await once(ended, 'exit');
    },
    async start() {
      const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
      child = spawn(program, [...settings, '--dir', directory], { stdio: 'ignore' });
      while (!(await listens(port))) await wait(20);
    },
  };
  await server.start();
  return server;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
