/** The character that GPT-2's byte-level encoding writes for each byte: itself where it can be seen, else one from U+0100 on. */
const CHARACTERS: readonly string[] = (() => {
  const isSeen = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isSeen(byte) ? byte : next++));
})();

/** Bytes as text, one character for each: bytes that are part of a character cannot be given to the library in another way. */
export function byteLevel(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => CHARACTERS[byte]).join('');
}
