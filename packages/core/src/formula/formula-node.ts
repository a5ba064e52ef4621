/** What the parser makes of a formula, as far as formulas may go: it has other types of nodes, which are refused. */
export type FormulaNode =
  | ConstantNode
  | SymbolNode
  | ParenthesisNode
  | OperatorNode
  | RelationalNode
  | ConditionalNode
  | FunctionNode;

interface BaseNode {
  /** Calls back for each child. */
  forEach(callback: (child: FormulaNode) => void): void;
  /** The node as a formula. */
  toString(): string;
}

/** A number, or something else that is written as itself. */
export interface ConstantNode extends BaseNode {
  readonly type: 'ConstantNode';
  readonly value: unknown;
}

/** A name. */
export interface SymbolNode extends BaseNode {
  readonly type: 'SymbolNode';
  readonly name: string;
}

/** Something in parentheses. */
export interface ParenthesisNode extends BaseNode {
  readonly type: 'ParenthesisNode';
  readonly content: FormulaNode;
}

/** An operator with one operand or two. */
export interface OperatorNode extends BaseNode {
  readonly type: 'OperatorNode';
  /** Its name, as in `add`. */
  readonly fn: string;
  /** Whether it is a product without a sign, as in `2 x`. */
  readonly implicit: boolean;
  readonly args: readonly FormulaNode[];
}

/** Comparisons in a row, as in `0 < x < 1`. */
export interface RelationalNode extends BaseNode {
  readonly type: 'RelationalNode';
  /** Names of the operators, one fewer than there are operands. */
  readonly conditionals: readonly string[];
  readonly params: readonly FormulaNode[];
}

/** `condition ? one : other`. */
export interface ConditionalNode extends BaseNode {
  readonly type: 'ConditionalNode';
  readonly condition: FormulaNode;
  readonly trueExpr: FormulaNode;
  readonly falseExpr: FormulaNode;
}

/** A call. */
export interface FunctionNode extends BaseNode {
  readonly type: 'FunctionNode';
  /** What is called: a name, or something that is refused. */
  readonly fn: FormulaNode;
  readonly args: readonly FormulaNode[];
}
