import { afterEach, expect, it, vi } from 'vitest';
import { asNativeCall, gateNativeCalls } from './native-calls.js';

afterEach(() => gateNativeCalls({ enter: () => undefined, leave: () => undefined }));

it('a gate is asked before a call, and told of its end, however that is', async () => {
  const gate = { enter: vi.fn(), leave: vi.fn() };
  gateNativeCalls(gate);
  const during = await asNativeCall(async () =>
    [gate.enter, gate.leave].map(({ mock }) => mock.calls.length),
  );
  expect(during).toEqual([1, 0]);
  expect(gate.leave).toHaveBeenCalledTimes(1);
  const fails = asNativeCall(async () => {
    throw new Error('no');
  });
  await expect(fails).rejects.toThrow('no');
  expect(gate.leave).toHaveBeenCalledTimes(2);
});

it('a gate that refuses a call hears no more of it, and the call is not made', async () => {
  const leave = vi.fn();
  const work = vi.fn(async () => 1);
  gateNativeCalls({
    enter: () => {
      throw new Error('closed');
    },
    leave,
  });
  await expect(asNativeCall(work)).rejects.toThrow('closed');
  expect(work).not.toHaveBeenCalled();
  expect(leave).not.toHaveBeenCalled();
});
