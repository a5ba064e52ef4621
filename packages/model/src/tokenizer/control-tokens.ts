/** A token that stands beside the vocabulary. */
export interface StandingToken {
  readonly id: number;
  readonly content: string;
  /** Whether it is a control token; else it may stand in any text. */
  readonly control: boolean;
  /** Whether it takes the white space before it away. */
  readonly lstrip: boolean;
  /** Whether it takes the white space after it away. */
  readonly rstrip: boolean;
}

/** Where such a token stands in a text. */
export interface FoundToken {
  readonly token: StandingToken;
  /** Where it begins and where it ends, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** Whether what is spelled out from `start` to before `end` is a control token, and no text. */
export type IsWritten = (start: number, end: number) => boolean;

interface Node {
  readonly next: Map<number, Node>;
  token?: StandingToken;
}

/** Finds tokens that stand beside a vocabulary. */
export class ControlTokens {
  /** Those that are control tokens. */
  readonly control: readonly StandingToken[];
  readonly #root: Node = { next: new Map() };

  constructor(tokens: readonly StandingToken[]) {
    this.control = tokens.filter(({ content, control }) => control && content !== '');
    for (const token of tokens) if (token.content !== '') this.#add(token);
  }

  /** The tokens of a text: of those that begin earliest the longest, as the tokenizers library finds them. */
  find(text: string, isWritten: IsWritten = () => true): FoundToken[] {
    const found: FoundToken[] = [];
    for (let start = 0; start < text.length;) {
      const token = this.#longest(text, start, isWritten);
      const end = start + (token?.content.length ?? 1);
      if (token !== undefined) found.push({ token, start, end });
      start = end;
    }
    return found;
  }

  #add(token: StandingToken): void {
    let node = this.#root;
    for (let at = 0; at < token.content.length; at++) {
      const unit = token.content.charCodeAt(at);
      const next: Node = node.next.get(unit) ?? { next: new Map() };
      node.next.set(unit, next);
      node = next;
    }
    node.token = token;
  }

  #longest(text: string, start: number, isWritten: IsWritten): StandingToken | undefined {
    let found: StandingToken | undefined;
    let node: Node | undefined = this.#root;
    for (let end = start; end < text.length;) {
      node = node.next.get(text.charCodeAt(end++));
      if (node === undefined) break;
      const { token } = node;
      if (token !== undefined && (!token.control || isWritten(start, end))) found = token;
    }
    return found;
  }
}
