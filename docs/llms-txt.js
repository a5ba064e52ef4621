import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Comment, RendererEvent } from 'typedoc';

const INTRODUCTION = `# Halfspace

> Value-aligned decoding for local language models, in TypeScript: the next-token distribution is re-weighted by how well
> each candidate meets the values that you name.

Every page of the site stands here as Markdown.
`;

/**
 * A plugin of typedoc: beside the site, an `llms.txt` (https://llmstxt.org) lists the pages of the Markdown output.
 *
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  app.renderer.on(RendererEvent.END, ({ pages, outputDirectory, project }) => {
    const markdown = pages.filter(({ url }) => url.endsWith('.md'));
    if (markdown.length === 0) return;
    const line = (/** @type {(typeof pages)[number]} */ { model, url }, about = '') =>
      `- [${model.name}](${basename(outputDirectory)}/${encodeURI(url)})${about && `: ${about}`}`;
    const documents = (/** @type {readonly string[]} */ groups) =>
      markdown
        .filter(({ model }) => model.isDocument() && groups.includes(String(model.frontmatter.group)))
        .map((page) => line(page, firstSentence(page.model.content)));
    const packages = markdown.filter(({ model }) => model.parent === project && !model.isDocument());
    const sections = {
      Guides: documents(['Guides']),
      Packages: packages.map((page) => line(page, descriptionOf(page.model.name))),
      Optional: documents(['Decisions', 'Results']),
    };
    const text = Object.entries(sections).map(([title, lines]) => `## ${title}\n\n${lines.join('\n')}\n`);
    writeFileSync(join(outputDirectory, '../llms.txt'), [INTRODUCTION, ...text].join('\n'));
  });
}

/** @param {import('typedoc').CommentDisplayPart[]} content */
function firstSentence(content) {
  const paragraphs = Comment.combineDisplayParts(content).split(/\n{2,}/);
  const first = paragraphs.find((each) => /^[A-Z_*`[]/.test(each)) ?? '';
  const plain = first.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/\s+/g, ' ');
  return /^.*?[.:](?= |$)/.exec(plain)?.[0].replace(/:$/, '.') ?? plain;
}

/** @param {string} name */
function descriptionOf(name) {
  const directory = name === 'halfspace' ? 'cli' : name.replace('@halfspace/', '');
  return JSON.parse(readFileSync(new URL(`../packages/${directory}/package.json`, import.meta.url), 'utf8'))
    .description;
}
