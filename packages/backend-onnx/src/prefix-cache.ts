/** A token of a text as the cache sees it. */
export interface CacheNode<N> {
  readonly parent: N | undefined;
  readonly token: number;
  /** Texts of different groups have nothing in common. */
  readonly group: string;
  /** Whether prompts may begin with it at all. */
  readonly keepable: boolean;
  /** Those tokens after it that prompts can find. */
  children: Map<number, N> | undefined;
  /** Handles on it, and held tokens after it. */
  holders: number;
  /** Tokens after it that nobody holds and the cache keeps. */
  kept: number;
  /** Whether prompts can find it. */
  listed: boolean;
  /** When nobody held it any more, in order; 0 where it is held, or was never kept. */
  keptAt: number;
}

/** The tokens that prompts can begin with: of texts in progress, and of those that were used last. */
export interface PrefixCache<N> {
  /** Tokens that nobody holds and that are kept. */
  readonly tokens: number;
  /** Lets prompts find a token, unless it must not be, or another one is there for the same text. */
  list(node: N): void;
  find(parent: N | undefined, group: string, token: number): N | undefined;
  hold(node: N | undefined): void;
  drop(node: N | undefined): void;
}

/**
 * A cache of prefixes over a tree of tokens. What was used longest ago is freed first, from its end: what is kept of a text is
 * a beginning of it.
 *
 * @param most - Tokens that nobody holds which are kept.
 * @param free - Called with every token that is freed.
 */
export function createPrefixCache<N extends CacheNode<N>>(
  most: number,
  free: (node: N) => void,
): PrefixCache<N> {
  const roots = new Map<string, Map<number, N>>();
  /** Kept tokens without kept ones after them. */
  const ends = new Set<N>();
  let tokens = 0;
  let clock = 0;

  function siblingsOf({ parent, group }: N): Map<number, N> {
    if (parent !== undefined) return (parent.children ??= new Map());
    const found = roots.get(group) ?? new Map<number, N>();
    roots.set(group, found);
    return found;
  }

  function unlist(node: N): void {
    if (node.listed) siblingsOf(node).delete(node.token);
    node.listed = false;
  }

  /** Keeps a token that nobody holds any more. */
  function keep(node: N): void {
    tokens++;
    node.keptAt = clock;
    if (node.kept === 0) ends.add(node);
    if (node.parent === undefined) return;
    node.parent.kept++;
    ends.delete(node.parent);
  }

  /** Takes a token out of what is kept. */
  function take(node: N): void {
    tokens--;
    node.keptAt = 0;
    ends.delete(node);
    const { parent } = node;
    if (parent === undefined) return;
    parent.kept--;
    if (parent.kept === 0 && parent.holders === 0) ends.add(parent);
  }

  function evict(): void {
    while (tokens > most) {
      let oldest: N | undefined;
      for (const node of ends) if (oldest === undefined || node.keptAt < oldest.keptAt) oldest = node;
      if (oldest === undefined) return;
      take(oldest);
      unlist(oldest);
      free(oldest);
    }
  }

  return {
    get tokens() {
      return tokens;
    },
    list(node) {
      if (most === 0 || !node.keepable || node.listed) return;
      if (node.parent !== undefined && !node.parent.listed) return;
      const siblings = siblingsOf(node);
      if (siblings.has(node.token)) return;
      siblings.set(node.token, node);
      node.listed = true;
    },
    find: (parent, group, token) => (parent === undefined ? roots.get(group) : parent.children)?.get(token),
    hold(held) {
      for (let node = held; node !== undefined; node = node.parent) {
        if (node.keptAt > 0) take(node);
        // Those above are held by it already.
        if (node.holders++ > 0) return;
      }
    },
    drop(held) {
      clock++;
      let node = held;
      while (node !== undefined && --node.holders === 0) {
        const { parent } = node;
        if (node.listed) keep(node);
        else free(node);
        node = parent;
      }
      evict();
    },
  };
}
