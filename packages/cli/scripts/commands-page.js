// Writes the page of all commands and their options to a file, or to stdout where none is named: docs/commands.md, which
// `npm run commands` makes anew. It says what `--help` says, so that neither has to be kept true to the other by hand.
import { writeFileSync } from 'node:fs';
import { markdownText } from '../dist/reports/markdown-text.js';
import { createProgram } from '../dist/program.js';

/** @typedef {import('commander').Command} Command */

const WIDTH = 120;

const INTRODUCTION = `# Commands and options

Every command of [\`halfspace\`](../packages/cli/README.md) with all its options, as its \`--help\` has them. This page is
made from the definitions of the commands by \`npm run commands\`: change those, and not the page.`;

/** @param {Command} program */
function commandsPage(program) {
  const commands = leavesOf(program);
  const overview = table(
    ['command', 'what it does'],
    commands.map((command) => [
      `[\`${nameOf(command)}\`](#${anchorOf(command)})`,
      markdownText(command.summary()),
    ]),
  );
  return `${[INTRODUCTION, overview, ...commands.map(section)].join('\n\n')}\n`;
}

/**
 * The commands that can be run: those without commands of their own.
 *
 * @param {Command} command
 * @returns {Command[]}
 */
function leavesOf(command) {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/**
 * @param {Command} command
 * @returns {string}
 */
function nameOf(command) {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

/** @param {Command} command */
function anchorOf(command) {
  return nameOf(command).replaceAll(' ', '-');
}

/** @param {Command} command */
function section(command) {
  const help = command.createHelp();
  const terms = [
    ...help
      .visibleArguments(command)
      .map((argument) => [help.argumentTerm(argument), help.argumentDescription(argument)]),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((option) => [help.optionTerm(option), help.optionDescription(option)]),
  ];
  const [notes, examples] = afterHelp(command).split(/^Examples?:\n/m);
  return [
    `## ${nameOf(command)}`,
    wrapped(command.description()),
    `Usage: ${code(help.commandUsage(command))}`,
    table(
      ['argument or option', 'what it does'],
      terms.map(([term, text]) => [code(term), markdownText(text)]),
    ),
    ...paragraphsOf(notes),
    ...(examples === undefined ? [] : [codeBlock('console', dedented(examples))]),
  ].join('\n\n');
}

/**
 * What the help of a command has below its options.
 *
 * @param {Command} command
 */
function afterHelp(command) {
  /** @type {string[]} */
  const texts = [];
  command.emit('afterHelp', {
    error: false,
    command,
    write: (/** @type {string} */ text) => texts.push(text),
  });
  return texts.join('\n').trim();
}

/**
 * Paragraphs as Markdown. Lines that are moved in are an example of a file in JSON.
 *
 * @param {string} text
 */
function paragraphsOf(text) {
  return text
    .split('\n\n')
    .filter((paragraph) => paragraph.trim() !== '')
    .flatMap((paragraph) => {
      const lines = paragraph.split('\n');
      const first = lines.findIndex((line) => line.startsWith('  '));
      if (first < 0) return [wrapped(paragraph)];
      return [
        wrapped(lines.slice(0, first).join('\n')),
        codeBlock('json', dedented(lines.slice(first).join('\n'))),
      ];
    });
}

/**
 * Text as a paragraph of Markdown, in lines that are not too long.
 *
 * @param {string} text
 */
function wrapped(text) {
  /** @type {string[]} */
  const lines = [];
  for (const word of markdownText(text).split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}

/**
 * @param {string[]} heads
 * @param {string[][]} rows
 */
function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {string} text */
function code(text) {
  return `\`${text.replaceAll('|', String.raw`\|`)}\``;
}

/**
 * @param {string} language
 * @param {string} text
 */
function codeBlock(language, text) {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

/** @param {string} text */
function dedented(text) {
  return text.replaceAll(/^ {2}/gm, '').trim();
}

const page = commandsPage(createProgram(new AbortController().signal));
const [place] = process.argv.slice(2);
if (place === undefined) process.stdout.write(page);
else writeFileSync(place, page);
