import { readFileSync } from 'node:fs';
import { Comment, Converter, PageEvent } from 'typedoc';

const GROUPS = { decisions: 'Decisions', results: 'Results' };

const { homepage } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const FILES = `${homepage.replace('#readme', '')}/blob/main/`;

/**
 * A plugin of typedoc: a page is named by its first heading and grouped by its folder, so that the Markdown needs
 * no front matter. Links to files of the repository lead to their pages of the site, where they have one.
 *
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  /** @type {Map<string, import('typedoc').Reflection>} */
  const pages = new Map();
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    pages.set(`${page.name}.md`, page);
    const folder = /** @type {keyof typeof GROUPS} */ (page.name.split('/').at(-2));
    const [, heading] = /^# (.+)$/m.exec(Comment.combineDisplayParts(page.content)) ?? [];
    page.name = heading ?? page.name;
    page.frontmatter.group = GROUPS[folder] ?? 'Guides';
  });
  app.renderer.on(PageEvent.END, (event) => {
    const { router } = app.renderer;
    const modules = new Map(event.project.children?.map((each) => [each.name, each]));
    const pageOf = (/** @type {string} */ path) => {
      const [, folder] = /^packages\/([^/]+)\/README.md$/.exec(path) ?? [];
      return pages.get(path) ?? modules.get(folder === 'cli' ? 'halfspace' : `@halfspace/${folder}`);
    };
    event.contents = event.contents?.replaceAll(/href="([^"#]+)/g, (link, address) => {
      const page = address.startsWith(FILES) ? pageOf(address.slice(FILES.length)) : undefined;
      if (page === undefined || router === undefined) return link;
      return `href="${router.baseRelativeUrl(event.model, router.getFullUrl(page))}`;
    });
  });
}
