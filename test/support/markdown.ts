import MarkdownIt from 'markdown-it';

/** A fenced block of code. */
export interface CodeBlock {
  readonly language: string;
  /** Whether its info string says `no-run`: it needs what a test has not, such as an hour. */
  readonly run: boolean;
  readonly code: string;
  /** The line of its first line of code, from 0. */
  readonly line: number;
}

/** The fenced code blocks of a Markdown text, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return new MarkdownIt()
    .parse(markdown, {})
    .filter(({ type }) => type === 'fence')
    .map(({ info, content, map }) => {
      const [language = '', ...words] = info.trim().split(/\s+/);
      return { language, run: !words.includes('no-run'), code: content, line: (map?.[0] ?? 0) + 1 };
    });
}

/** Blocks as one text, each on the lines that it has on its page, so that a complaint names the line of the page. */
export function inPlace(blocks: readonly CodeBlock[]): string {
  const lines: string[] = [];
  for (const { code, line } of blocks) {
    while (lines.length < line) lines.push('');
    lines.push(...code.split('\n').slice(0, -1));
  }
  return `${lines.join('\n')}\n`;
}

/** Blocks in groups that make a program each: one begins with a block that imports a name which is imported already. */
export function programsOf(blocks: readonly CodeBlock[]): CodeBlock[][] {
  const programs: CodeBlock[][] = [];
  const imported = new Set<string>();
  for (const block of blocks) {
    const names = importedNames(block.code);
    if (programs.length === 0 || names.some((name) => imported.has(name))) {
      programs.push([]);
      imported.clear();
    }
    programs[programs.length - 1].push(block);
    for (const name of names) imported.add(name);
  }
  return programs;
}

function importedNames(code: string): string[] {
  return [...code.matchAll(/^import (?:type )?\{([^}]*)\}/gm)].flatMap(
    ([, names]) => names.match(/\w+(?=\s*(,|$))/g) ?? [],
  );
}

/** The `halfspace` commands of a block for a shell, each as its words up to where the shell sends what it prints. */
export function halfspaceCommands({ code }: CodeBlock): string[][] {
  const lines = code.replaceAll('\\\n', ' ').matchAll(/^(?:\$ )?(?:npx )?halfspace (.*)$/gm);
  return [...lines].map(([, line]) => {
    const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)];
    const end = words.findIndex(([, , , bare]) => bare === '>' || bare === '|');
    return words
      .slice(0, end < 0 ? words.length : end)
      .map(([, double, single, bare]) => double ?? single ?? bare);
  });
}
