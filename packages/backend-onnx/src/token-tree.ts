import { HalfspaceError } from '@halfspace/core';
import type { Context } from '@halfspace/core';
import type { Precision } from '@halfspace/model';

/** One token of some texts: a node of the tree that their shared prefixes form. */
export interface TokenNode {
  readonly parent: TokenNode | undefined;
  /** Where its keys and values lie in the store. */
  readonly slot: number;
  /** Handles and children that need it. */
  references: number;
}

/** How far the last token of a text has been run; handles on the same text share it. */
export interface Tip {
  /** Hidden state after the final norm, which the head needs to say what comes next. */
  final?: Float32Array;
  /** Where the token stopped, if it is still to go on through the upper part of the trunk. */
  waiting?: {
    /** Hidden state at the cut. */
    readonly stream: Float32Array;
    /** Its place behind the text that it was a candidate of. */
    readonly place: number;
  };
}

/** A handle on a text: its last node, and how far that has been run. */
export interface TreeContext extends Context {
  /** Undefined for a text without tokens. */
  readonly last: TokenNode | undefined;
  readonly precision: Precision;
  readonly tip: Tip;
}

/** Keeps the texts in progress and the slots that their tokens occupy. */
export interface TokenTree {
  /** Slots in use or free below the highest one in use. */
  readonly extent: number;
  /** Adds a token after `parent`; takes the lowest free slot. The node starts without references. */
  append(parent: TokenNode | undefined): TokenNode;
  /** A new handle on a node, or on the empty text. */
  open(last: TokenNode | undefined, details: Pick<TreeContext, 'length' | 'precision' | 'tip'>): TreeContext;
  /** The handle as one of ours. */
  resolve(context: Context): TreeContext;
  close(context: Context): void;
  /** Keeps a node, and those above it, until it is dropped. */
  hold(node: TokenNode | undefined): void;
  /** Frees nodes from one that was held upwards, for as long as nobody else needs them. */
  drop(node: TokenNode | undefined): void;
}

/** An empty tree. */
export function createTokenTree(): TokenTree {
  const handles = new Set<Context>();
  const used: boolean[] = [];
  let firstFree = 0;

  function takeSlot(): number {
    while (used[firstFree] === true) firstFree++;
    used[firstFree] = true;
    return firstFree;
  }

  function freeSlot(slot: number): void {
    used[slot] = false;
    firstFree = Math.min(firstFree, slot);
    while (used.length > 0 && used[used.length - 1] === false) used.pop();
  }

  const tree: TokenTree = {
    get extent() {
      return used.length;
    },
    append(parent) {
      if (parent !== undefined) parent.references++;
      return { parent, slot: takeSlot(), references: 0 };
    },
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
    },
    hold(node) {
      if (node !== undefined) node.references++;
    },
    drop(last) {
      let node = last;
      while (node !== undefined && --node.references === 0) {
        freeSlot(node.slot);
        node = node.parent;
      }
    },
  };
  return tree;
}
