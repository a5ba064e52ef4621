import type { Backend, Tokenizer } from '@halfspace/core';
import { Answer, createBackend, handlersOf, openChannel, type Line } from '@halfspace/backend-onnx/engine';
import { buildLanguageModel, openGgufSource } from '@halfspace/model/browser';
import type {
  FoundModel,
  OpenModelRequest,
  PageCalls,
  WebLoadProgress,
  WebWorkerCalls,
} from '../protocol.js';
import { blobSource } from '../storage/blob-source.js';
import { findModel } from '../storage/find-model.js';
import { assertFits } from './assert-fits.js';
import { loadGraphs, setUpRuntime } from './load-graphs.js';

/** Texts stay with the page. */
const NO_TOKENIZER = undefined as unknown as Tokenizer;

/** What loading is told besides what it loads. */
interface LoadTools {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: WebLoadProgress) => void;
}

async function openModel(
  { file, name, fingerprint }: FoundModel,
  request: OpenModelRequest,
  { signal, onProgress }: LoadTools,
): Promise<Backend> {
  setUpRuntime(request);
  const model = await openGgufSource(blobSource(file, name), { name, fingerprint });
  assertFits(model);
  const built = await buildLanguageModel(model, {
    signal,
    onProgress: (bytes) => onProgress({ phase: 'compile', ...bytes }),
  });
  const { architecture, cut } = built;
  const graphs = await loadGraphs(built, request.runtime.mjs, signal, (done) =>
    onProgress({ phase: 'load', done, total: 3 }),
  );
  const { layers, width, contextLength } = architecture;
  const arithmetic = { states: 'f32', decoding: 'f32' } as const;
  return createBackend({
    model: { name, fingerprint, layers, width, cut, arithmetic, contextLength },
    architecture,
    cut,
    cacheBytes: request.cacheBytes,
    tokenizer: NO_TOKENIZER,
    choosePrecision: () => 'f32',
    graphs: async () => graphs,
    disposeGraphs: async () => graphs.dispose(),
  });
}

/** Serves one model to the page at the other end of a line. */
export function serveModel(line: Line): void {
  const loading = new AbortController();
  let found: FoundModel | undefined;
  let opening: Promise<Backend> | undefined;
  const following = (signal: AbortSignal): LoadTools => {
    signal.addEventListener('abort', () => loading.abort());
    return { signal: loading.signal, onProgress: (progress) => page.tell('progress', progress) };
  };
  const page = openChannel<PageCalls, Pick<WebWorkerCalls, 'findModel' | 'openModel' | 'dispose'>>(line, {
    async findModel(request, signal) {
      found = await findModel(request, following(signal));
      return new Answer(found);
    },
    async openModel(request, signal) {
      if (found === undefined) throw new Error('No model was found before.');
      opening = openModel(found, request, following(signal));
      const backend = await opening;
      page.answer<Omit<WebWorkerCalls, 'findModel' | 'openModel' | 'dispose'>>(handlersOf(backend));
      const { model, exact } = backend;
      return new Answer({ model, exact, names: [], figures: new Float64Array() });
    },
    async dispose() {
      loading.abort();
      await (await opening?.catch(() => undefined))?.dispose();
      return new Answer(undefined);
    },
  });
  page.tell('started', undefined);
}
