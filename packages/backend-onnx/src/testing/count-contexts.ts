import type { Backend, Context } from '@halfspace/core';

/** A backend with a count of the contexts that were handed out and not given back. */
export function countContexts(inner: Backend): Backend & { readonly open: number } {
  const open = new Set<Context>();
  const keep = (context: Context) => {
    open.add(context);
    return context;
  };
  return {
    ...inner,
    get open() {
      return open.size;
    },
    async prefill(requests, options) {
      const found = await inner.prefill(requests, options);
      for (const { context } of found) keep(context);
      return found;
    },
    async lookAhead(requests) {
      const looks = await inner.lookAhead(requests);
      return looks.map((look) => ({ ...look, commit: (candidate) => keep(look.commit(candidate)) }));
    },
    fork: (context) => keep(inner.fork(context)),
    release(context) {
      inner.release(context);
      open.delete(context);
    },
  };
}
