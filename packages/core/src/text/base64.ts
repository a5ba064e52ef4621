/** Characters that are handed over at once: a call takes only so many arguments. */
const AT_ONCE = 2 ** 13;

/**
 * Bytes as text in Base64, wherever the program runs.
 *
 * @beta
 */
export function toBase64(bytes: Uint8Array): string {
  let characters = '';
  for (let at = 0; at < bytes.length; at += AT_ONCE)
    characters += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return btoa(characters);
}

/**
 * The bytes of a text in Base64; undefined for a text that is none.
 *
 * @beta
 */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
