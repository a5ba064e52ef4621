/** What is given to a function, filter or test. */
export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [name: string, value: Expression])[];
  /** What stands behind `*`. */
  readonly spread?: Expression;
  /** What stands behind `**`. */
  readonly spreadNamed?: Expression;
}

/** Operators of two values. */
export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** Comparisons; several may be chained. */
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

/** A filter on a value, or on the text of a block. */
export interface Filter {
  readonly type: 'filter';
  readonly operand: Expression | undefined;
  readonly name: string;
  readonly args: Arguments;
}

/** A call. */
export interface Call {
  readonly type: 'call';
  readonly callee: Expression;
  readonly args: Arguments;
}

/** What has a value. Numbers with a fraction or an exponent are of type `float`. */
export type Expression =
  | { readonly type: 'const'; readonly value: string | number | boolean | null }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly type: 'dict'; readonly pairs: readonly (readonly [Expression, Expression])[] }
  | { readonly type: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly type: 'item'; readonly object: Expression; readonly key: Expression }
  | {
      readonly type: 'slice';
      readonly object: Expression;
      readonly bounds: readonly (Expression | undefined)[];
    }
  | Call
  | Filter
  | { readonly type: 'test'; readonly operand: Expression; readonly name: string; readonly args: Arguments }
  | { readonly type: 'not'; readonly operand: Expression }
  | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'sign'; readonly sign: '+' | '-'; readonly operand: Expression }
  | {
      readonly type: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'concat'; readonly parts: readonly Expression[] }
  | {
      readonly type: 'compare';
      readonly first: Expression;
      readonly rest: readonly (readonly [Comparison, Expression])[];
    }
  | {
      readonly type: 'condition';
      readonly test: Expression;
      readonly chosen: Expression;
      readonly otherwise: Expression | undefined;
    };

/** What is assigned to. */
export type Target =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'tuple'; readonly items: readonly Target[] }
  | { readonly type: 'namespace'; readonly name: string; readonly attribute: string };

/** Parameters of a macro, with their defaults. */
export type Signature = readonly { readonly name: string; readonly fallback: Expression | undefined }[];

/** Statements in a row. */
export type Body = readonly Statement[];

/** What writes, or decides what is written. */
export type Statement =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'print'; readonly value: Expression }
  | {
      readonly type: 'if';
      readonly branches: readonly (readonly [Expression, Body])[];
      readonly otherwise: Body;
    }
  | {
      readonly type: 'for';
      readonly target: Target;
      readonly iterable: Expression;
      readonly condition: Expression | undefined;
      readonly recursive: boolean;
      readonly body: Body;
      readonly otherwise: Body;
    }
  | { readonly type: 'set'; readonly target: Target; readonly value: Expression }
  | {
      readonly type: 'set-block';
      readonly target: Target;
      readonly filter: Filter | undefined;
      readonly body: Body;
    }
  | { readonly type: 'macro'; readonly name: string; readonly signature: Signature; readonly body: Body }
  | { readonly type: 'call-block'; readonly call: Call; readonly signature: Signature; readonly body: Body }
  | { readonly type: 'filter-block'; readonly filter: Filter; readonly body: Body }
  | {
      readonly type: 'with';
      readonly bindings: readonly (readonly [Target, Expression])[];
      readonly body: Body;
    }
  | { readonly type: 'scope'; readonly body: Body }
  | { readonly type: 'block'; readonly scoped: boolean; readonly body: Body }
  | { readonly type: 'break' | 'continue' };
