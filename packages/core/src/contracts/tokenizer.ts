/** One turn of a conversation, in the shape that chat templates take. */
export interface ChatMessage {
  /** Who speaks. */
  readonly role: 'system' | 'user' | 'assistant';
  /** What is said. */
  readonly content: string;
}

/** Text to token ids and back, as the model was trained. */
export interface Tokenizer {
  /** Number of token ids; ids run from 0 to `vocabularySize - 1`. */
  readonly vocabularySize: number;
  /** Ids that end a text (end of sequence, end of turn). */
  readonly endTokens: ReadonlySet<number>;
  /**
   * Token ids of a text. Special tokens written out in the text (`<|im_start|>`) become their ids;
   * a beginning-of-sequence token is added in front where the model asks for one.
   */
  encode(text: string): number[];
  /** The text of some token ids, special tokens left out; invalid UTF-8 becomes U+FFFD. */
  decode(tokens: readonly number[]): string;
  /** The raw UTF-8 bytes of one token, which may be a part of a character; special tokens have none. */
  bytes(token: number): Uint8Array;
  /**
   * A conversation as the prompt text that the model expects, ready for the assistant's turn.
   *
   * @throws HalfspaceError `no-chat-template` when the model file has none.
   */
  renderChat(messages: readonly ChatMessage[]): string;
}
