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

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fcfcfd; --card: #fff; --line: #e0e3e8; --quiet: #8a929e;
  --desired: #2563a8; --other: #d9730d; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #15181c; --card: #1c2025; --line: #343a42; --quiet: #7d8794;
    --desired: #6fb1f5; --other: #f2a154; }
}
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .5rem; }
.facts, figcaption { color: var(--quiet); font-size: .9rem; }
.verdict { border-left: 3px solid var(--desired); padding-left: 1rem; max-width: 46rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; margin: 1.5rem 0; }
figure { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto; }
figure strong { color: var(--ink); display: block; }
i.desired, i.other, i.quiet { display: inline-block; width: .7em; height: .7em; border-radius: 2px; background: var(--desired); }
i.other { background: var(--other); }
i.quiet { background: var(--quiet); }
.table { overflow-x: auto; margin: 1.5rem 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }
th { color: var(--quiet); font-weight: 500; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
`;

/** A page of HTML, light or dark, that needs nothing else: no script, no request, and it could make none. */
export function page({ title, heading, facts, body, style = '' }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}${style}</style>
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
  return `<div class="table"><table><caption>${escaped(title)}</caption>
<thead>${row(heading, 'th')}</thead>
<tbody>${body.map((cells) => row(cells, 'td')).join('\n')}</tbody></table></div>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML: what any page may hold that was written by a model or a user. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]);
}
