/** What means something within a line of Markdown, HTML and mathematics in it included. */
const INLINE = /[\\`*_[\]<>&|~$]/g;
/** What makes a link without brackets. */
const LINKS = /(?<=\b(?:https?|ftp|mailto|xmpp))(:)|(?<=\bwww)(\.)|(@)/gi;
/** What makes a line begin a heading, a list, a quotation, a rule or code. */
const BEGINNING = /^(?:(?=[-+#]+(?:\s|$)|[=-]+$)|\d{1,9}(?=[.)](?:\s|$)))/;

/**
 * Text as Markdown that shows it: what a report may hold that a model, a plugin or a file of a stranger has named. It becomes
 * one line.
 */
export function markdownText(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(INLINE, String.raw`\$&`)
    .replaceAll(LINKS, (mark) => `\\${mark}`)
    .replace(BEGINNING, (beginning) => `${beginning}\\`);
}
