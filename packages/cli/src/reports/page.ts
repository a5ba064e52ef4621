import { escaped, STYLESHEET } from '@halfspace/playground/parts';

export { escaped };

/** What a page says; all but the body as plain text. */
export interface Page {
  readonly title: string;
  readonly heading: string;
  readonly facts: string;
  /** HTML. */
  readonly body: string;
  /** Styles besides those of every page. */
  readonly style?: string;
}

/** What reports have besides the look of every page. */
const STYLE = `
.verdict { border-left: 3px solid var(--desired); padding-left: 1rem; max-width: 46rem; }
i.desired, i.other, i.quiet { display: inline-block; width: .7em; height: .7em; background: var(--desired); border-radius: 50%; }
i.other { background: var(--other); border-radius: 0; }
i.quiet { background: var(--quiet); }
`;

/** A page of HTML, light or dark, that needs nothing else: no script, no request, and it could make none. */
export function page({ title, heading, facts, body, style = '' }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLESHEET}${STYLE}${style}</style>
</head>
<body>
<h1>${escaped(heading)}</h1>
<p class="facts">${escaped(facts)}</p>
${body}
</body>
</html>
`;
}

/**
 * A plot with its title.
 *
 * @param caption - HTML.
 */
export function figure(title: string, caption: string, plot: string): string {
  return `<figure><figcaption><strong>${title}</strong>${caption}</figcaption>${plot}</figure>`;
}

/** A sentence in the place of a plot that there is nothing for. */
export function nothing(words: string): string {
  return `<p class="nothing">${escaped(words)}</p>`;
}

/** A table of plain text; the heading is the first row. */
export function htmlTable({
  title,
  rows: [heading, ...body],
}: {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}): string {
  const row = (cells: readonly string[], tag: 'td' | 'th') =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="table" role="region" tabindex="0" aria-label="${escaped(title)}"><table><caption>${escaped(title)}</caption>
<thead>${row(heading, 'th')}</thead>
<tbody>${body.map((cells) => row(cells, 'td')).join('\n')}</tbody></table></div>
`;
}
