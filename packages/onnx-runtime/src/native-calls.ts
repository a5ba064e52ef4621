/** Told before and after whatever of ONNX Runtime holds a thread. */
export interface NativeCallGate {
  /** Throws where no further call may begin. */
  enter(): void;
  /** Called once for every `enter` that did not throw. */
  leave(): void;
}

let gate: NativeCallGate | undefined;

/**
 * Has a gate asked around the calls of this thread. A thread that Node ends while ONNX Runtime works in it takes the whole
 * process down, so that whoever ends threads must know when it does.
 */
export function gateNativeCalls(by: NativeCallGate): void {
  gate = by;
}

/** Does something that holds the thread, or ends in what does. */
export async function asNativeCall<T>(work: () => Promise<T>): Promise<T> {
  const entered = gate;
  entered?.enter();
  try {
    return await work();
  } finally {
    entered?.leave();
  }
}
