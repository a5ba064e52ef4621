/** One turn of a conversation, in the shape that chat templates take. */
export interface ChatMessage {
  /** Who speaks; a tool answers a call of the assistant. */
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  /** What is said. */
  readonly content: string;
  /** Tools that the assistant calls. */
  readonly tool_calls?: readonly ToolCall[];
  /** The call that a tool answers. */
  readonly tool_call_id?: string;
  /** Of the tool that answers. */
  readonly name?: string;
}

/** A call of a tool, in the shape that chat templates take. */
export interface ToolCall {
  /** By which a tool answers. */
  readonly id?: string;
  /** The only kind. */
  readonly type: 'function';
  /** The tool and what it is called with. */
  readonly function: {
    /** Of the tool. */
    readonly name: string;
    /** By their names. */
    readonly arguments: Readonly<Record<string, unknown>>;
  };
}

/** A tool that a model may call, in the shape that chat templates take. */
export interface ToolDefinition {
  /** The only kind. */
  readonly type: 'function';
  /** What it is. */
  readonly function: {
    /** Letters, digits, underscores, dots and hyphens. */
    readonly name: string;
    /** What it does, for the model. */
    readonly description?: string;
    /** JSON Schema of an object with its arguments (default: it takes none). */
    readonly parameters?: unknown;
  };
}

/**
 * How a model writes calls of tools: `open`, an object `{"name": "…", "…": {…}}`, further ones each behind `between`, and `close`.
 */
export interface ToolCallFormat {
  /** What stands before the first call; empty where calls are all that there is. */
  readonly open: string;
  /** What stands after the last one. */
  readonly close: string;
  /** What stands between two; left out where only one can be made. */
  readonly between?: string;
  /** Name of the property that has the arguments, such as `arguments`. */
  readonly argumentsKey: string;
}

/** How a conversation is rendered; see {@link Tokenizer.renderChat}. */
export interface ChatOptions {
  /** Tools that the model may call (default: none). */
  readonly tools?: readonly ToolDefinition[];
}

/** How a text is read; see {@link Tokenizer.encode}. */
export interface EncodeOptions {
  /**
   * Whether control tokens that the text spells out (`<|im_start|>`) become control tokens (default true), or stay the text that
   * they are: what people and models write is text, what a chat template writes is not.
   */
  readonly controlTokens?: boolean;
  /**
   * Whether the text goes on from another one (default false). Then nothing is put in front of it, neither a
   * beginning-of-sequence token nor a space: its ids are those that the model would write.
   */
  readonly continues?: boolean;
}

/** Text to token ids and back, as the model was trained. */
export interface Tokenizer {
  /** Number of token ids; ids run from 0 to `vocabularySize - 1`. */
  readonly vocabularySize: number;
  /** Ids that end a text (end of sequence, end of turn). */
  readonly endTokens: ReadonlySet<number>;
  /**
   * Token ids of a text. Special tokens written out in the text (`<|im_start|>`) become their ids, and
   * a beginning-of-sequence token is added in front where the model asks for one, unless the options say otherwise.
   */
  encode(text: string, options?: EncodeOptions): number[];
  /**
   * Token ids of a conversation as {@link Tokenizer.renderChat} renders it, in which control tokens are those that the template
   * writes: where messages spell them out they are text. Where it is left out, all are control tokens.
   *
   * @throws HalfspaceError `no-chat-template` when the model file has none; `cannot-continue-turn` as {@link Tokenizer.renderChat}.
   */
  encodeChat?(messages: readonly ChatMessage[], options?: ChatOptions): number[];
  /**
   * A number of tokens that `encode` certainly comes to, whatever its options, found in far less time; 0 where nothing is known.
   * Where it is left out, nothing is.
   */
  fewestTokens?(text: string): number;
  /** The text of some token ids, special tokens left out; invalid UTF-8 becomes U+FFFD. */
  decode(tokens: readonly number[]): string;
  /** The raw UTF-8 bytes of one token, which may be a part of a character; special tokens have none. */
  bytes(token: number): Uint8Array;
  /**
   * A conversation as the prompt text that the model expects, ready for the assistant's turn. One that ends in a turn of the
   * assistant is rendered up to what that says, which is then gone on with: nothing that the template writes after a turn follows.
   *
   * @throws HalfspaceError `no-chat-template` when the model file has none; `cannot-continue-turn` where its template drops or
   * changes a last turn of the assistant.
   */
  renderChat(messages: readonly ChatMessage[], options?: ChatOptions): string;
  /** How the model writes calls of tools, where its chat template knows tools and that can be told. */
  readonly toolCalls?: ToolCallFormat | undefined;
}
