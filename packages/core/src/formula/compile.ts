import { FORMULA_NUMBERS } from '@halfspace/contracts/internal';
import { didYouMean } from '../text/nearest.js';
import type { ConditionalNode, FormulaNode, RelationalNode } from './formula-node.js';
import { formulaInvalid, type FormulaSource } from './formula-source.js';
import { ANYWHERE, EITHER, exactly, isKnown, union, type Interval } from './interval.js';
import { FUNCTIONS, OPERATORS, type Kind, type Operation } from './operations.js';

/** A step in which a formula is evaluated. */
export interface FormulaStep {
  /** Tokens written so far. */
  readonly step: number;
  /** Their share of the most that there may be, from 0 to below 1. */
  readonly progress: number;
}

/** Where a formula is evaluated. */
export interface FormulaPoint extends FormulaStep {
  /** One for each of {@link Formula.attributes}. */
  readonly margins: ArrayLike<number>;
}

/** Numbers that formulas have besides margins. */
const NUMBERS = FORMULA_NUMBERS satisfies readonly (keyof FormulaStep)[];

/** A formula that can be evaluated. */
export interface Formula {
  /** The attributes whose margins it takes, each once. */
  readonly attributes: readonly string[];
  /** Its value, which may be other than finite. */
  readonly valueAt: (point: FormulaPoint) => number;
  /** What it does not exceed in a step, whatever the margins, which are finite; Infinity where nothing is known. */
  readonly ceilingAt: (step: FormulaStep) => number;
  /** The attributes whose margins may make a difference to it in a step; of the others it is certain that they make none. */
  readonly mattersAt: (step: FormulaStep) => readonly string[];
}

/** A part of a formula. */
interface Part extends Pick<Formula, 'valueAt' | 'mattersAt'> {
  readonly kind: Kind;
  /** Whether it is the same everywhere. */
  readonly fixed: boolean;
  /** Where it lies in a step for any finite margins; undefined where it may be other than finite. */
  readonly enclosedAt: ((step: FormulaStep) => Interval) | undefined;
}

const NOWHERE: FormulaPoint = { margins: [], step: NaN, progress: NaN };

/**
 * Turns a tree into closures over margins. Only what is known here gets through: numbers, names, operators,
 * functions and conditions.
 *
 * @param known - Attributes that it may name; a hyphen is written as an underscore.
 * @throws HalfspaceError `formula-invalid`
 */
export function compile(tree: FormulaNode, source: FormulaSource, known: readonly string[]): Formula {
  const attributes: string[] = [];
  const { valueAt, enclosedAt, mattersAt } = build(tree, { source, known, attributes });
  return { attributes, valueAt, mattersAt, ceilingAt: (step) => enclosedAt?.(step).high ?? Infinity };
}

/** What the parts of a formula have in common. */
interface Scope {
  readonly source: FormulaSource;
  /** Attributes that it may name. */
  readonly known: readonly string[];
  /** Those that it has named so far. */
  readonly attributes: string[];
}

function build(node: FormulaNode, scope: Scope): Part {
  const part = partOf(node, scope);
  if (!part.fixed || Number.isFinite(part.valueAt(NOWHERE))) return part;
  throw wrong(node, 'this is no finite number.', scope);
}

function partOf(node: FormulaNode, scope: Scope): Part {
  switch (node.type) {
    case 'ConstantNode':
      return constant(node, node.value, scope);
    case 'SymbolNode':
      return named(node, node.name, scope);
    case 'ParenthesisNode':
      return build(node.content, scope);
    case 'OperatorNode':
      if (node.implicit) throw wrong(node, 'the sign * of a product is missing.', scope);
      return apply(node, OPERATORS.get(node.fn), node.args, scope);
    case 'FunctionNode':
      return apply(
        node,
        node.fn.type === 'SymbolNode' ? FUNCTIONS.get(node.fn.name) : undefined,
        node.args,
        scope,
      );
    case 'RelationalNode':
      return compareInRow(node, scope);
    case 'ConditionalNode':
      return choose(node, scope);
    default:
      throw wrong(node, `this is not part of formulas. ${vocabulary(scope.known)}`, scope);
  }
}

function constant(node: FormulaNode, value: unknown, scope: Scope): Part {
  if (typeof value !== 'number') throw wrong(node, 'this is no number.', scope);
  return {
    kind: 'number',
    fixed: true,
    valueAt: () => value,
    enclosedAt: () => exactly(value),
    mattersAt: () => [],
  };
}

function named(node: FormulaNode, name: string, scope: Scope): Part {
  const { attributes, known } = scope;
  const number = NUMBERS.find((each) => each === name);
  if (number !== undefined) {
    const valueAt = (point: FormulaStep) => point[number];
    const enclosedAt = (step: FormulaStep) => exactly(valueAt(step));
    return { kind: 'number', fixed: false, valueAt, enclosedAt, mattersAt: () => [] };
  }
  const attribute = known.find((each) => asWritten(each) === name);
  if (attribute === undefined) {
    const meant = didYouMean(name, [...NUMBERS, ...known.map(asWritten)]);
    throw wrong(node, `there is no number of this name.${meant} ${vocabulary(known)}`, scope);
  }
  if (!attributes.includes(attribute)) attributes.push(attribute);
  const place = attributes.indexOf(attribute);
  const valueAt = ({ margins }: FormulaPoint) => margins[place];
  return { kind: 'number', fixed: false, valueAt, enclosedAt: () => ANYWHERE, mattersAt: () => [attribute] };
}

function apply(
  node: FormulaNode,
  operation: Operation | undefined,
  args: readonly FormulaNode[],
  scope: Scope,
): Part {
  if (operation === undefined) {
    const called = node.type === 'FunctionNode' && node.fn.type === 'SymbolNode' ? node.fn.name : '';
    const meant = didYouMean(called, FUNCTIONS.keys());
    throw wrong(
      node,
      `formulas have no such operator or function.${meant} ${vocabulary(scope.known)}`,
      scope,
    );
  }
  const { takes, gives, fewest, most } = operation;
  if (args.length < fewest || args.length > most) {
    const wanted = fewest === most ? String(fewest) : `at least ${fewest}`;
    throw wrong(node, `it takes ${wanted} values, and has ${args.length}.`, scope);
  }
  const parts = args.map((arg) => operand(arg, takes, scope));
  const enclosedAt = encloseAll(parts, operation);
  return {
    kind: gives,
    fixed: parts.every(({ fixed }) => fixed),
    valueAt: (point) => operation.apply(...parts.map(({ valueAt: value }) => value(point))),
    enclosedAt,
    mattersAt: (step) => (isKnownAt(enclosedAt, step) ? [] : mattering(parts, step)),
  };
}

function operand(node: FormulaNode, kind: Kind, scope: Scope): Part {
  const part = build(node, scope);
  if (kind === 'number' || part.kind === 'truth') return part;
  throw wrong(node, 'a comparison is needed here, such as nontoxic > 0, and this is a number.', scope);
}

function compareInRow(node: RelationalNode, scope: Scope): Part {
  const pairs = node.conditionals.map((name, i) =>
    apply(node, OPERATORS.get(name), node.params.slice(i, i + 2), scope),
  );
  return {
    kind: 'truth',
    fixed: pairs.every(({ fixed }) => fixed),
    valueAt: (point) => Number(pairs.every(({ valueAt: value }) => value(point) === 1)),
    enclosedAt: pairs.every(({ enclosedAt }) => enclosedAt !== undefined) ? () => EITHER : undefined,
    mattersAt: (step) => mattering(pairs, step),
  };
}

function choose({ condition, trueExpr, falseExpr }: ConditionalNode, scope: Scope): Part {
  const test = operand(condition, 'truth', scope);
  const [one, other] = [build(trueExpr, scope), build(falseExpr, scope)];
  const enclosedAt = encloseChoice(test.enclosedAt, one.enclosedAt, other.enclosedAt);
  return {
    kind: one.kind === other.kind ? one.kind : 'number',
    fixed: test.fixed && one.fixed && other.fixed,
    valueAt: (point) => (test.valueAt(point) === 1 ? one : other).valueAt(point),
    enclosedAt,
    mattersAt: (step) => {
      if (isKnownAt(enclosedAt, step)) return [];
      if (!isKnownAt(test.enclosedAt, step)) return mattering([test, one, other], step);
      return (test.enclosedAt?.(step).low === 1 ? one : other).mattersAt(step);
    },
  };
}

function isKnownAt(enclosedAt: Part['enclosedAt'], step: FormulaStep): boolean {
  return enclosedAt !== undefined && isKnown(enclosedAt(step));
}

function mattering(parts: readonly Part[], step: FormulaStep): readonly string[] {
  return parts.flatMap(({ mattersAt }) => mattersAt(step));
}

function wrong(node: FormulaNode, fault: string, { source }: Scope): Error {
  return formulaInvalid(source, node.toString(), fault);
}

function encloseAll(parts: readonly Part[], { apply, enclose }: Operation): Part['enclosedAt'] {
  const known = parts.flatMap(({ enclosedAt }) => enclosedAt ?? []);
  if (enclose === undefined || known.length < parts.length) return undefined;
  return (step) => {
    const operands = known.map((enclosedAt) => enclosedAt(step));
    return operands.every(isKnown) ? exactly(apply(...operands.map(({ low }) => low))) : enclose(...operands);
  };
}

function encloseChoice(
  test: Part['enclosedAt'],
  one: Part['enclosedAt'],
  other: Part['enclosedAt'],
): Part['enclosedAt'] {
  if (test === undefined || one === undefined || other === undefined) return undefined;
  return (step) => {
    const truth = test(step);
    return isKnown(truth) ? (truth.low === 1 ? one : other)(step) : union(one(step), other(step));
  };
}

/** An attribute as formulas name it: `self-harm` would be a difference. */
function asWritten(attribute: string): string {
  return attribute.replaceAll('-', '_');
}

/** What may be named, for messages. */
function vocabulary(known: readonly string[]): string {
  const attributes = known.length === 0 ? '' : `attributes: ${known.map(asWritten).join(', ')}; `;
  return `There are ${attributes}numbers: ${NUMBERS.join(', ')}; functions: ${[...FUNCTIONS.keys()].join(', ')}.`;
}
