import { HalfspaceError } from '@halfspace/core';
import type { Context } from '@halfspace/core';
import type { GraphPrecision } from '@halfspace/model';
import { createPrefixCache, type CacheNode, type PrefixCache } from './prefix-cache.js';

/** One token of some texts: a node of the tree that their shared prefixes form. */
export interface TokenNode extends CacheNode<TokenNode> {
  /** Where its keys and values lie in the store. */
  readonly slot: number;
}

/** How far the last token of a text has been run; handles on the same text share it. */
export interface Tip {
  /** Hidden state after the final norm, which the head needs to say what comes next. */
  final?: Float32Array;
  /** Where the token stopped, if it is still to go on through the upper part of the trunk. */
  pendingUpper?: {
    /** Hidden state at the cut. */
    readonly residual: Float32Array;
    /** Its place behind the text that it was a candidate of. */
    readonly place: number;
  };
}

/** A handle on a text: its last node, and how far that has been run. */
export interface TreeContext extends Context {
  /** Undefined for a text without tokens. */
  readonly last: TokenNode | undefined;
  readonly precision: GraphPrecision;
  readonly tip: Tip;
}

/** What a token adds to a text. */
export interface NewToken {
  readonly token: number;
  readonly precision: GraphPrecision;
  /**
   * Whether its numbers are those that a prompt with this text has, bit for bit, if those of the text before it are: another
   * prompt may begin with it then.
   */
  readonly asPrompt: boolean;
}

/** Keeps the texts in progress and the slots that their tokens occupy, and finished ones for as long as there is room. */
export interface TokenTree {
  /** Slots in use or free below the highest one in use. */
  readonly extent: number;
  /** What is kept of texts that nobody holds. */
  readonly cache: Pick<PrefixCache<TokenNode>, 'tokens'>;
  /** Takes the lowest free slots, for rows that are about to be run; they are freed one by one. */
  takeSlots(count: number): number[];
  /** Gives up a slot that was taken; it is free once no token has it either. */
  freeSlot(slot: number): void;
  /**
   * Adds a token after `parent`. Nobody holds the node yet.
   *
   * @param slot - Where its keys and values are already (default: it takes the lowest free slot).
   */
  append(parent: TokenNode | undefined, added: NewToken, slot?: number): TokenNode;
  /** Lets prompts find a node, whose keys and values are there now, if it may be found. */
  list(node: TokenNode): void;
  /** The node of a token after a text, if it is there for prompts to begin with. */
  find(parent: TokenNode | undefined, precision: GraphPrecision, token: number): TokenNode | undefined;
  /** A new handle on a node, or on the empty text. */
  open(last: TokenNode | undefined, details: Pick<TreeContext, 'length' | 'precision' | 'tip'>): TreeContext;
  /** The handle as one of ours. */
  resolve(context: Context): TreeContext;
  close(context: Context): void;
  /** Calls back when none of these handles is open any more. */
  whenClosed(contexts: readonly TreeContext[], callback: () => void): void;
  /** Keeps a node, and those above it, until it is dropped. */
  hold(node: TokenNode | undefined): void;
  /** Gives up a node that was held; what nobody holds is kept for prompts while there is room, or freed. */
  drop(node: TokenNode | undefined): void;
}

/**
 * An empty tree.
 *
 * @param mostCached - Tokens of texts that nobody holds which are kept (default 0).
 */
export function createTokenTree(mostCached = 0): TokenTree {
  const handles = new Set<Context>();
  const closing = new Map<Context, (() => void)[]>();
  /** How many tokens and rows have a slot. */
  const used: number[] = [];
  let firstFree = 0;
  const cache = createPrefixCache<TokenNode>(mostCached, ({ slot }) => freeSlot(slot));

  function takeSlot(): number {
    while ((used[firstFree] ?? 0) > 0) firstFree++;
    used[firstFree] = 1;
    return firstFree;
  }

  function freeSlot(slot: number): void {
    used[slot] = (used[slot] ?? 1) - 1;
    if (used[slot] > 0) return;
    firstFree = Math.min(firstFree, slot);
    while (used.length > 0 && used[used.length - 1] === 0) used.pop();
  }

  /** A slot that rows have, for a token as well. */
  function shareSlot(slot: number): number {
    used[slot] = (used[slot] ?? 0) + 1;
    return slot;
  }

  const tree: TokenTree = {
    get extent() {
      return used.length;
    },
    cache,
    takeSlots: (count) => Array.from({ length: count }, takeSlot),
    freeSlot,
    append: (parent, { token, precision, asPrompt }, slot) => ({
      parent,
      token,
      group: precision,
      keepable: asPrompt && (parent?.keepable ?? true),
      slot: slot === undefined ? takeSlot() : shareSlot(slot),
      children: undefined,
      holders: 0,
      kept: 0,
      listed: false,
      keptAt: 0,
    }),
    list: (node) => cache.list(node),
    find: (parent, precision, token) => cache.find(parent, precision, token),
    open(last, details) {
      tree.hold(last);
      const context: TreeContext = { last, ...details };
      handles.add(context);
      return context;
    },
    resolve(context) {
      if (handles.has(context)) return context as TreeContext;
      throw new HalfspaceError(
        'invalid-context',
        'This context was released before, or belongs to another backend. Prefill its tokens again.',
      );
    },
    close(context) {
      const { last } = tree.resolve(context);
      handles.delete(context);
      tree.drop(last);
      for (const callback of closing.get(context) ?? []) callback();
      closing.delete(context);
    },
    whenClosed(contexts, callback) {
      const open = new Set(contexts.filter((context) => handles.has(context)));
      if (open.size === 0) callback();
      for (const context of open) {
        const callbacks = closing.get(context) ?? [];
        closing.set(context, callbacks);
        callbacks.push(() => {
          open.delete(context);
          if (open.size === 0) callback();
        });
      }
    },
    hold: (node) => cache.hold(node),
    drop: (node) => cache.drop(node),
  };
  return tree;
}
