import type { FormulaNode } from './formula-node.js';
import { formulaInvalid, type FormulaSource } from './formula-source.js';

/** Characters of a formula at most. */
const MOST_CHARACTERS = 1000;
/** Nodes of a formula at most: numbers, names, operators, pairs of parentheses and so on. */
const MOST_NODES = 200;
/** Nodes that contain one another at most. */
const MOST_DEPTH = 50;

/**
 * Parses a formula into a tree of limited size. Nothing is evaluated. The parser is loaded when the first
 * formula comes, because that takes about a second.
 *
 * @throws HalfspaceError `formula-invalid`
 */
export async function parse(source: FormulaSource): Promise<FormulaNode> {
  const { text } = source;
  if (text.trim() === '') throw formulaInvalid(source, text, 'it is empty.');
  if (text.length > MOST_CHARACTERS) {
    throw formulaInvalid(source, text, `it has ${text.length} characters; ${MOST_CHARACTERS} are allowed.`);
  }
  const mathjs = await import('mathjs/number');
  const tree = attempt(source, () => mathjs.parse(text) as unknown as FormulaNode);
  checkSize(source, tree);
  return tree;
}

function attempt(source: FormulaSource, work: () => FormulaNode): FormulaNode {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(source);
    if (!(error instanceof SyntaxError)) throw error;
    const rest = 'char' in error ? source.text.slice(Number(error.char) - 1) : source.text;
    const fault = error.message.replace(/ \(char \d+\)$/, '');
    throw formulaInvalid(source, rest || 'its end', `it cannot be read (${fault}).`);
  }
}

function checkSize(source: FormulaSource, tree: FormulaNode): void {
  let nodes = 0;
  const count = (node: FormulaNode, depth: number): void => {
    nodes++;
    if (depth > MOST_DEPTH) throw tooDeep(source);
    node.forEach((child) => count(child, depth + 1));
  };
  count(tree, 1);
  if (nodes > MOST_NODES) {
    const fault = `it has ${nodes} numbers, names, operators and parentheses; ${MOST_NODES} are allowed.`;
    throw formulaInvalid(source, source.text, fault);
  }
}

function tooDeep(source: FormulaSource): Error {
  return formulaInvalid(source, source.text, `it is nested more than ${MOST_DEPTH} deep.`);
}
