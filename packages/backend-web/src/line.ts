import type { Line } from '@halfspace/backend-onnx/engine';

/** What a worker is to its page, and the page to its worker. */
export interface MessageEnd {
  postMessage(message: unknown, moved: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<never>) => void): void;
}

/** One end of the line between a page and its worker. */
export function lineOf(end: MessageEnd): Line {
  return {
    postMessage: (message, moved = []) => end.postMessage(message, moved as unknown as Transferable[]),
    on: (_, listener) => end.addEventListener('message', ({ data }) => listener(data)),
  };
}
