import type {
  Arguments,
  Body,
  Call,
  Comparison,
  Expression,
  Filter,
  Operator,
  Signature,
  Statement,
  Target,
} from './ast.js';
import { tokenize, type Token } from './lexer.js';
import { notRendered, TemplateError, TemplateLimitError } from './template-error.js';

/** Brackets and blocks inside one another. */
const DEEPEST = 200;

const NO_ARGUMENTS: Arguments = { positional: [], named: [] };

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** Statements that end another one's body. */
type Ends = readonly string[];

/** Reads the grammar of Jinja2 with the extensions that transformers switches on. */
class Parser {
  private readonly tokens: readonly Token[];
  private place = 0;
  private depth = 0;
  private loops = 0;
  private readonly blocks = new Set<string>();

  constructor(template: string) {
    this.tokens = tokenize(template);
  }

  parse(): Body {
    const body = this.body([]);
    if (this.current.type !== 'eof') throw this.unexpected();
    return body;
  }

  private get current(): Token {
    return this.tokens[this.place] ?? { type: 'eof', value: '' };
  }

  private next(): Token {
    const token = this.current;
    this.place += 1;
    return token;
  }

  private is(type: Token['type'], value?: string, ahead = 0): boolean {
    const token = this.tokens[this.place + ahead];
    return token?.type === type && (value === undefined || token.value === value);
  }

  private skip(type: Token['type'], value?: string): boolean {
    const found = this.is(type, value);
    if (found) this.place += 1;
    return found;
  }

  private expect(type: Token['type'], value?: string): string {
    if (!this.is(type, value)) throw this.unexpected(value ?? type);
    return this.next().value;
  }

  private unexpected(wanted?: string): TemplateError {
    const { type, value } = this.current;
    const found =
      type === 'eof' ? 'the template ends' : `there is ${value === '' ? `a tag's ${type}` : value}`;
    return new TemplateError(
      wanted === undefined ? `Unexpectedly ${found}` : `Where ${wanted} belongs ${found}`,
    );
  }

  private deeper<T>(read: () => T): T {
    if (this.depth >= DEEPEST) throw new TemplateLimitError(`It nests more than ${DEEPEST} levels`);
    this.depth += 1;
    const result = read();
    this.depth -= 1;
    return result;
  }

  /** Statements up to one that begins with one of `ends`, whose name is the current token then. */
  private body(ends: Ends): Body {
    const body: Statement[] = [];
    for (;;) {
      if (this.is('text')) body.push({ type: 'text', text: this.next().value });
      else if (this.skip('print')) {
        body.push({ type: 'print', value: this.tuple() });
        this.expect('end');
      } else if (this.is('begin')) {
        this.next();
        if (this.is('name') && ends.includes(this.current.value)) return body;
        body.push(this.deeper(() => this.statement()));
        this.expect('end');
      } else if (ends.length === 0) return body;
      else throw this.unexpected(ends.join(' or '));
    }
  }

  /** The rest of a tag, and what stands between it and the end tag, which is left behind. */
  private block(...ends: Ends): Body {
    this.skip('operator', ':');
    this.expect('end');
    return this.body(ends);
  }

  private closed(end: string): Body {
    const body = this.block(end);
    this.next();
    return body;
  }

  /** A body that becomes a function: no loop around it can be left from in there. */
  private outsideLoops(read: () => Body): Body {
    const around = this.loops;
    this.loops = 0;
    const body = read();
    this.loops = around;
    return body;
  }

  private statement(): Statement {
    const tag = this.expect('name');
    switch (tag) {
      case 'if':
        return this.conditional();
      case 'for':
        return this.loop();
      case 'set':
        return this.assignment();
      case 'macro': {
        const name = this.expect('name');
        const signature = this.signature();
        return { type: 'macro', name, signature, body: this.outsideLoops(() => this.closed('endmacro')) };
      }
      case 'call':
        return this.callBlock();
      case 'filter': {
        const filter = this.filter(undefined);
        return { type: 'filter-block', filter, body: this.closed('endfilter') };
      }
      case 'with':
        return this.withBlock();
      case 'print':
        return { type: 'print', value: this.tuple() };
      case 'generation':
        return { type: 'scope', body: this.outsideLoops(() => this.closed('endgeneration')) };
      case 'block':
        return this.namedBlock();
      case 'break':
      case 'continue':
        if (this.loops === 0) throw new TemplateError(`There is a ${tag} outside of loops`);
        return { type: tag };
      case 'autoescape':
      case 'extends':
      case 'from':
      case 'import':
      case 'include':
        throw notRendered(`The tag ${tag}`);
      default:
        throw new TemplateError(`There is no tag ${tag}, or it stands in the wrong place`);
    }
  }

  private conditional(): Statement {
    const branches: (readonly [Expression, Body])[] = [];
    for (;;) {
      const test = this.tuple({ conditions: false });
      branches.push([test, this.block('elif', 'else', 'endif')]);
      const end = this.next().value;
      if (end === 'elif') continue;
      return { type: 'if', branches, otherwise: end === 'else' ? this.closed('endif') : [] };
    }
  }

  private loop(): Statement {
    const target = this.target('in');
    this.expect('name', 'in');
    const iterable = this.tuple({ conditions: false, end: 'recursive' });
    const condition = this.skip('name', 'if') ? this.expression() : undefined;
    const recursive = this.skip('name', 'recursive');
    this.loops += 1;
    const body = this.block('endfor', 'else');
    this.loops -= 1;
    const otherwise = this.next().value === 'else' ? this.closed('endfor') : [];
    return { type: 'for', target, iterable, condition, recursive, body, otherwise };
  }

  private assignment(): Statement {
    const target = this.target();
    if (this.skip('operator', '=')) return { type: 'set', target, value: this.tuple() };
    const filter = this.filters(undefined);
    return { type: 'set-block', target, filter, body: this.closed('endset') };
  }

  private callBlock(): Statement {
    const signature = this.is('operator', '(') ? this.signature() : [];
    const call = this.expression();
    if (call.type !== 'call') throw this.unexpected('a call');
    return { type: 'call-block', call, signature, body: this.outsideLoops(() => this.closed('endcall')) };
  }

  private withBlock(): Statement {
    const bindings: (readonly [Target, Expression])[] = [];
    while (!this.is('end')) {
      if (bindings.length > 0) this.expect('operator', ',');
      const target = this.target();
      this.expect('operator', '=');
      bindings.push([target, this.expression()]);
    }
    return { type: 'with', bindings, body: this.closed('endwith') };
  }

  private namedBlock(): Statement {
    const name = this.expect('name');
    if (this.blocks.has(name)) throw new TemplateError(`The block ${name} is defined twice`);
    this.blocks.add(name);
    const scoped = this.skip('name', 'scoped');
    const body = this.outsideLoops(() => this.closed('endblock'));
    this.skip('name', name);
    return { type: 'block', scoped, body };
  }

  private signature(): Signature {
    const parameters: { name: string; fallback: Expression | undefined }[] = [];
    this.expect('operator', '(');
    while (!this.skip('operator', ')')) {
      if (parameters.length > 0) this.expect('operator', ',');
      const name = this.assignable();
      const fallback = this.skip('operator', '=') ? this.expression() : undefined;
      if (fallback === undefined && parameters.at(-1)?.fallback !== undefined)
        throw new TemplateError(`The parameter ${name} has no default, and those before it have`);
      parameters.push({ name, fallback });
    }
    return parameters;
  }

  private assignable(): string {
    const name = this.expect('name');
    if (CONSTANTS.has(name) || name === 'loop') throw new TemplateError(`Nothing can be assigned to ${name}`);
    return name;
  }

  private target(end?: string): Target {
    const items: Target[] = [];
    let several = false;
    for (;;) {
      if (this.is('end') || this.is('operator', ')') || (end !== undefined && this.is('name', end))) break;
      items.push(this.singleTarget());
      if (!this.skip('operator', ',')) break;
      several = true;
    }
    const [only] = items;
    if (only === undefined) throw this.unexpected('a name');
    return several ? { type: 'tuple', items } : only;
  }

  private singleTarget(): Target {
    if (this.skip('operator', '(')) {
      const inner = this.deeper(() => this.target());
      this.expect('operator', ')');
      return inner;
    }
    const name = this.assignable();
    if (!this.skip('operator', '.')) return { type: 'name', name };
    return { type: 'namespace', name, attribute: this.expect('name') };
  }

  /** One expression, or a tuple of several with commas between them. */
  private tuple({ conditions = true, end = '', empty = false } = {}): Expression {
    const items: Expression[] = [];
    let several = false;
    for (;;) {
      if (this.is('end') || this.is('operator', ')') || (end !== '' && this.is('name', end))) break;
      items.push(conditions ? this.expression() : this.disjunction());
      if (!this.skip('operator', ',')) break;
      several = true;
    }
    const [only] = items;
    if (only !== undefined && !several) return only;
    if (only === undefined && !empty) throw this.unexpected('an expression');
    return { type: 'tuple', items };
  }

  private expression(): Expression {
    return this.deeper(() => {
      let value = this.disjunction();
      while (this.skip('name', 'if')) {
        const test = this.disjunction();
        const otherwise = this.skip('name', 'else') ? this.expression() : undefined;
        value = { type: 'condition', test, chosen: value, otherwise };
      }
      return value;
    });
  }

  private disjunction(): Expression {
    let left = this.conjunction();
    while (this.skip('name', 'or')) left = { type: 'or', left, right: this.conjunction() };
    return left;
  }

  private conjunction(): Expression {
    let left = this.negation();
    while (this.skip('name', 'and')) left = { type: 'and', left, right: this.negation() };
    return left;
  }

  private negation(): Expression {
    if (!this.skip('name', 'not')) return this.comparison();
    return { type: 'not', operand: this.deeper(() => this.negation()) };
  }

  private comparison(): Expression {
    const first = this.sum();
    const rest: (readonly [Comparison, Expression])[] = [];
    for (;;) {
      const operator = this.comparisonOperator();
      if (operator === undefined) break;
      rest.push([operator, this.sum()]);
    }
    return rest.length === 0 ? first : { type: 'compare', first, rest };
  }

  private comparisonOperator(): Comparison | undefined {
    if (this.is('operator') && COMPARISONS.has(this.current.value)) return this.next().value as Comparison;
    if (this.skip('name', 'in')) return 'in';
    if (!this.is('name', 'not') || !this.is('name', 'in', 1)) return undefined;
    this.place += 2;
    return 'not in';
  }

  private operatorOf(...operators: readonly Operator[]): Operator | undefined {
    if (!this.is('operator') || !operators.includes(this.current.value as Operator)) return undefined;
    return this.next().value as Operator;
  }

  private chain(operand: () => Expression, ...operators: readonly Operator[]): Expression {
    let left = operand();
    for (;;) {
      const operator = this.operatorOf(...operators);
      if (operator === undefined) return left;
      left = { type: 'binary', operator, left, right: operand() };
    }
  }

  private sum(): Expression {
    return this.chain(() => this.concatenation(), '+', '-');
  }

  private concatenation(): Expression {
    const first = this.product();
    const parts = [first];
    while (this.skip('operator', '~')) parts.push(this.product());
    return parts.length === 1 ? first : { type: 'concat', parts };
  }

  private product(): Expression {
    return this.chain(() => this.power(), '*', '/', '//', '%');
  }

  private power(): Expression {
    return this.chain(() => this.signed(true), '**');
  }

  private signed(filtered: boolean): Expression {
    let value: Expression;
    if (this.is('operator', '-') || this.is('operator', '+')) {
      const sign = this.next().value as '+' | '-';
      value = { type: 'sign', sign, operand: this.deeper(() => this.signed(false)) };
    } else value = this.primary();
    value = this.postfix(value);
    return filtered ? this.filtersAndTests(value) : value;
  }

  private primary(): Expression {
    const { type, value } = this.next();
    switch (type) {
      case 'name': {
        const constant = CONSTANTS.get(value);
        return constant === undefined ? { type: 'name', name: value } : { type: 'const', value: constant };
      }
      case 'string': {
        const parts = [value];
        while (this.is('string')) parts.push(this.next().value);
        return { type: 'const', value: parts.join('') };
      }
      case 'integer':
        return { type: 'const', value: integer(value) };
      case 'float':
        return { type: 'float', value: Number(value.replaceAll('_', '')) };
      case 'operator':
        if (value === '(') {
          const inner = this.deeper(() => this.tuple({ empty: true }));
          this.expect('operator', ')');
          return inner;
        }
        if (value === '[') return { type: 'list', items: this.items(']', () => this.expression()) };
        if (value === '{') return { type: 'dict', pairs: this.items('}', () => this.pair()) };
    }
    this.place -= 1;
    throw this.unexpected('an expression');
  }

  private pair(): readonly [Expression, Expression] {
    const key = this.expression();
    this.expect('operator', ':');
    return [key, this.expression()];
  }

  private items<T>(end: string, read: () => T): T[] {
    const items: T[] = [];
    while (!this.skip('operator', end)) {
      if (items.length > 0) {
        this.expect('operator', ',');
        if (this.skip('operator', end)) break;
      }
      items.push(read());
    }
    return items;
  }

  private postfix(value: Expression): Expression {
    let result = value;
    for (;;) {
      if (this.skip('operator', '.')) result = this.dotted(result);
      else if (this.skip('operator', '[')) result = this.subscript(result);
      else if (this.is('operator', '(')) result = this.call(result);
      else return result;
    }
  }

  private dotted(object: Expression): Expression {
    if (this.is('integer'))
      return { type: 'item', object, key: { type: 'const', value: integer(this.next().value) } };
    return { type: 'attribute', object, name: this.expect('name') };
  }

  private subscript(object: Expression): Expression {
    const bounds: (Expression | undefined)[] = [];
    let colons = 0;
    while (!this.skip('operator', ']')) {
      if (this.skip('operator', ':')) colons += 1;
      else if (bounds[colons] === undefined && !this.is('operator', ',')) bounds[colons] = this.expression();
      else throw notRendered('An index of several values');
    }
    if (colons > 2) throw new TemplateError('A slice has more than three bounds');
    if (colons > 0) return { type: 'slice', object, bounds };
    if (bounds[0] === undefined) throw this.unexpected('an index');
    return { type: 'item', object, key: bounds[0] };
  }

  private call(callee: Expression): Call {
    return { type: 'call', callee, args: this.arguments() };
  }

  private arguments(): Arguments {
    const positional: Expression[] = [];
    const named: (readonly [string, Expression])[] = [];
    let spread: Expression | undefined;
    let spreadNamed: Expression | undefined;
    this.expect('operator', '(');
    this.items(')', () => {
      const wrong = (when: boolean) => {
        if (when) throw new TemplateError('The arguments of a call are in the wrong order');
      };
      if (this.skip('operator', '*')) {
        wrong(spread !== undefined || spreadNamed !== undefined);
        spread = this.expression();
      } else if (this.skip('operator', '**')) {
        wrong(spreadNamed !== undefined);
        spreadNamed = this.expression();
      } else if (this.is('name') && this.is('operator', '=', 1)) {
        wrong(spreadNamed !== undefined);
        const name = this.next().value;
        this.next();
        named.push([name, this.expression()]);
      } else {
        wrong(spread !== undefined || spreadNamed !== undefined || named.length > 0);
        positional.push(this.expression());
      }
    });
    return { positional, named, ...(spread && { spread }), ...(spreadNamed && { spreadNamed }) };
  }

  private filtersAndTests(value: Expression): Expression {
    let result = value;
    for (;;) {
      if (this.skip('operator', '|')) result = this.filter(result);
      else if (this.skip('name', 'is')) result = this.test(result);
      else if (this.is('operator', '(')) result = this.call(result);
      else return result;
    }
  }

  private dottedName(): string {
    let name = this.expect('name');
    while (this.skip('operator', '.')) name += `.${this.expect('name')}`;
    return name;
  }

  private filter(operand: Expression | undefined): Filter {
    let result: Filter | undefined;
    do {
      const name = this.dottedName();
      const args = this.is('operator', '(') ? this.arguments() : NO_ARGUMENTS;
      result = { type: 'filter', operand: result ?? operand, name, args };
    } while (operand === undefined && this.skip('operator', '|'));
    return result;
  }

  private filters(operand: Expression | undefined): Filter | undefined {
    return this.skip('operator', '|') ? this.filter(operand) : undefined;
  }

  private test(operand: Expression): Expression {
    const negated = this.skip('name', 'not');
    const name = this.dottedName();
    let args = NO_ARGUMENTS;
    if (this.is('operator', '(')) args = this.arguments();
    else if (this.beginsArgument()) args = { positional: [this.postfix(this.primary())], named: [] };
    const test: Expression = { type: 'test', operand, name, args };
    return negated ? { type: 'not', operand: test } : test;
  }

  private beginsArgument(): boolean {
    const { type, value } = this.current;
    if (type === 'name') {
      if (value === 'is') throw new TemplateError('Tests cannot be chained');
      return !['else', 'or', 'and'].includes(value);
    }
    return (
      type === 'string' ||
      type === 'integer' ||
      type === 'float' ||
      (type === 'operator' && /^[[{]$/.test(value))
    );
  }
}

function integer(digits: string): number {
  const value = Number(digits.replaceAll('_', ''));
  if (!Number.isSafeInteger(value)) throw notRendered(`The number ${digits}`);
  return value;
}

/**
 * Reads a template.
 *
 * @throws TemplateError
 */
export function parseTemplate(template: string): Body {
  return new Parser(template).parse();
}
