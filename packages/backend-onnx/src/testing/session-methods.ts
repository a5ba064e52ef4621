import { InferenceSession } from '@halfspace/onnx-runtime';

/** The method that all sessions share, to be spied on; the types of ONNX Runtime have no prototype. */
export const SESSION_METHODS = (
  InferenceSession as unknown as { readonly prototype: { readonly run: InferenceSession['run'] } }
).prototype;
