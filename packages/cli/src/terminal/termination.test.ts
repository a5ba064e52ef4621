import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { endedBySignals } from './termination.js';

const heard: string[] = [];
const listener = () => void heard.push('heard');
afterEach(() => {
  process.off('SIGTERM', listener);
  heard.length = 0;
});

it('nobody listens to signals while work holds the thread, and all do again after it', () => {
  process.on('SIGTERM', listener);
  expect(endedBySignals(() => process.listenerCount('SIGTERM'))).toBe(0);
  expect(process.listeners('SIGTERM')).toContain(listener);
  const failing = () =>
    endedBySignals(() => {
      throw new Error('no');
    });
  expect(failing).toThrow('no');
  expect(process.listeners('SIGTERM')).toContain(listener);
});

it.each(['SIGINT', 'SIGTERM'] as const)('%s ends a process in such work', async (signal) => {
  const module = new URL('../../dist/terminal/termination.js', import.meta.url).href;
  const source = `import { endedBySignals, watchForTermination } from ${JSON.stringify(module)};
watchForTermination();
endedBySignals(() => { process.stdout.write('busy'); for (;;); });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill(signal);
  expect(await ended).toEqual([null, signal]);
});
