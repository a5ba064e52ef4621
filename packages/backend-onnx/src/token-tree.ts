import { HalfspaceError } from '@halfspace/core';
import type { Context } from '@halfspace/core';
import type { GraphPrecision } from '@halfspace/model';
import { createPrefixCache, type CacheNode, type PrefixCache } from './prefix-cache.js';
import { createSlots, type Copy, type Exchange, type Placed, type TextBlock } from './slots.js';

/** One token of some texts: a node of the tree that their shared prefixes form, and where it lies in the store. */
export interface TokenNode extends CacheNode<TokenNode>, Placed {
  /** Tokens of the text up to and including this one. */
  readonly length: number;
}

/** How far the last token of a text has been run; handles on the same text share it. */
export interface Tip {
  /** Hidden state after the final norm, which the head needs to say what comes next. */
  final?: Float32Array;
  /** Hidden state at the cut, if the token is still to go on through the upper part of the trunk. */
  residual?: Float32Array;
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
  /** Slots of a block of the store. */
  readonly block: number;
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
  /**
   * Puts the tokens that end with a node, whose keys and values are there now, into blocks of the store, if it is the last of
   * a block. Tokens that lie in a block of another text are copied; that waits for another block if they are most of them.
   *
   * @returns What is to be copied before the next call.
   */
  seal(node: TokenNode): Copy[];
  /** Sees to it that blocks lie close together: see `Slots.arrange`. */
  arrange(lists: readonly (readonly TextBlock[])[]): Exchange[];
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
 * @param block - Slots of a block of the store (default 128).
 */
export function createTokenTree(mostCached = 0, block = 128): TokenTree {
  const handles = new Set<Context>();
  const closing = new Map<Context, (() => void)[]>();
  const slots = createSlots<TokenNode>(block);
  const cache = createPrefixCache<TokenNode>(mostCached, (node) => slots.free(node));

  const tree: TokenTree = {
    block,
    get extent() {
      return slots.extent;
    },
    cache,
    takeSlots: (count) => Array.from({ length: count }, () => slots.take()),
    freeSlot: (slot) => slots.release(slot),
    append(parent, { token, precision, asPrompt }, slot) {
      if (slot !== undefined) slots.share(slot);
      const node: TokenNode = {
        parent,
        token,
        length: (parent?.length ?? 0) + 1,
        group: precision,
        keepable: asPrompt && (parent?.keepable ?? true),
        slot: slot ?? slots.take(),
        block: undefined,
        children: undefined,
        holders: 0,
        kept: 0,
        listed: false,
        keptAt: 0,
      };
      slots.settle(node);
      return node;
    },
    seal(last) {
      if (last.length % block !== 0 || last.block !== undefined) return [];
      const open: TokenNode[] = [];
      let node: TokenNode | undefined = last;
      for (; node !== undefined && node.block === undefined; node = node.parent) open.push(node);
      if (2 * open.filter((each) => slots.isInBlock(each)).length > open.length) return [];
      open.reverse();
      const copies: Copy[] = [];
      for (let from = 0, before = node?.block; from < open.length; from += block) {
        const own = open.slice(from, from + block);
        copies.push(slots.seal(own, before));
        before = own.at(-1)?.block;
      }
      return copies;
    },
    arrange: (lists) => slots.arrange(lists),
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
