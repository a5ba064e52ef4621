const encoder = new TextEncoder();
// A mark of byte order is a character of the text like others.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes of a text; a lone surrogate is no text and becomes U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of bytes; what is no UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
