import { Comment, Converter } from 'typedoc';

const GROUPS = { decisions: 'Decisions', results: 'Results' };

/**
 * A plugin of typedoc: a page is named by its first heading and grouped by its folder, so that the Markdown needs
 * no front matter.
 *
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const folder = /** @type {keyof typeof GROUPS} */ (page.name.split('/').at(-2));
    const [, heading] = /^# (.+)$/m.exec(Comment.combineDisplayParts(page.content)) ?? [];
    page.name = heading ?? page.name;
    page.frontmatter.group = GROUPS[folder] ?? 'Guides';
  });
}
