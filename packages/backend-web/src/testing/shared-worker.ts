// A worker for the models of many tests: ONNX Runtime is loaded once.
import { lineOf } from '../line.js';
import { serveModel } from '../worker/serve-model.js';

addEventListener('message', ({ data }) => {
  const port = data as MessagePort;
  port.start();
  serveModel(lineOf(port));
});
