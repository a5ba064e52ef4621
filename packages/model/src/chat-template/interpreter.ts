import type { Arguments, Body, Call, Expression, Filter, Signature, Statement, Target } from './ast.js';
import { attributeOf, itemOf, sliceOf } from './attributes.js';
import { applyFilter, isFilter } from './filters.js';
import { holds, operate, withSign } from './operators.js';
import { notRendered, TemplateError } from './template-error.js';
import { Scope } from './scope.js';
import { isTest, test } from './tests.js';
import { print } from './text.js';
import {
  Callable,
  equals,
  Float,
  isDict,
  isTrue,
  iterate,
  keyOf,
  kindOf,
  Loop,
  Markup,
  Namespace,
  textOf,
  Tuple,
  Undefined,
  type Named,
  type Value,
} from './values.js';
import type { Work } from './work.js';

/** How a body ended, if before its last statement. */
type Signal = 'break' | 'continue' | undefined;

/** What a macro knows under names of its own. */
const SPECIAL = ['caller', 'kwargs', 'varargs'] as const;

/** Names in Jinja2 that stand for what is not made here. */
const NOT_MADE: ReadonlySet<string> = new Set(['cycler', 'joiner', 'lipsum', 'self', 'super']);

/** Renders statements. One is made for each rendering. */
export class Interpreter {
  private readonly top: Scope;

  constructor(
    private readonly body: Body,
    globals: ReadonlyMap<string, Value>,
    private readonly work: Work,
  ) {
    const outermost = new Scope(undefined);
    for (const [name, value] of globals) outermost.set(name, value);
    this.top = new Scope(outermost, body);
  }

  /**
   * The text of a template.
   *
   * @throws TemplateError
   */
  render(): string {
    return this.textOf(this.body, this.top).text;
  }

  private textOf(body: Body, scope: Scope): { text: string; signal: Signal } {
    let text = '';
    const write = (part: string) => {
      this.work.length(text.length + part.length);
      text += part;
    };
    const signal = this.run(body, scope, write);
    return { text, signal };
  }

  private run(body: Body, scope: Scope, write: (text: string) => void): Signal {
    for (const statement of body) {
      this.work.spend();
      const signal = this.execute(statement, scope, write);
      if (signal !== undefined) return signal;
    }
    return undefined;
  }

  private execute(statement: Statement, scope: Scope, write: (text: string) => void): Signal {
    switch (statement.type) {
      case 'text':
        write(statement.text);
        return undefined;
      case 'print':
        write(print(this.evaluate(statement.value, scope), this.work));
        return undefined;
      case 'if': {
        const branch = statement.branches.find(([condition]) => isTrue(this.evaluate(condition, scope)));
        return this.run(branch?.[1] ?? statement.otherwise, scope, write);
      }
      case 'for':
        return this.loop(statement, scope, write);
      case 'set':
        this.assign(statement.target, this.evaluate(statement.value, scope), scope);
        return undefined;
      case 'set-block': {
        const { text, signal } = this.textOf(statement.body, new Scope(scope, statement.body));
        if (signal !== undefined) return signal;
        this.assign(statement.target, this.filtered(statement.filter, text, scope), scope);
        return undefined;
      }
      case 'macro':
        scope.set(statement.name, this.macro(statement.name, statement.signature, statement.body, scope));
        return undefined;
      case 'call-block': {
        const caller = this.macro('caller', statement.signature, statement.body, scope);
        write(written(this.call(statement.call, scope, [['caller', caller]])));
        return undefined;
      }
      case 'filter-block': {
        const { text, signal } = this.textOf(statement.body, new Scope(scope, statement.body));
        if (signal === undefined) write(written(this.filtered(statement.filter, text, scope)));
        return signal;
      }
      case 'with': {
        const inner = new Scope(scope, statement.body);
        for (const [target, value] of statement.bindings)
          this.assign(target, this.evaluate(value, scope), inner);
        return this.run(statement.body, inner, write);
      }
      case 'scope':
        return this.run(statement.body, new Scope(scope, statement.body), write);
      case 'block':
        return this.run(
          statement.body,
          new Scope(statement.scoped ? scope : this.top, statement.body),
          write,
        );
      case 'break':
      case 'continue':
        return statement.type;
    }
  }

  private assign(target: Target, value: Value, scope: Scope): void {
    switch (target.type) {
      case 'name':
        scope.set(target.name, value);
        return;
      case 'namespace': {
        const object = this.lookUp(target.name, scope);
        if (!(object instanceof Namespace))
          throw new TemplateError(`${target.name} is no namespace, so that nothing can be set in it`);
        object.set(target.attribute, value);
        return;
      }
      case 'tuple': {
        const items = iterate(value, this.work);
        if (items.length !== target.items.length)
          throw new TemplateError(`${items.length} values do not fit ${target.items.length} names`);
        for (const [i, each] of target.items.entries()) this.assign(each, items[i] ?? null, scope);
      }
    }
  }

  private loop(
    node: Extract<Statement, { type: 'for' }>,
    scope: Scope,
    write: (text: string) => void,
    given?: Value,
    depth = 0,
  ): Signal {
    const { target, condition } = node;
    const iterable = given === undefined ? this.evaluate(node.iterable, scope) : given;
    const items = iterate(iterable, this.work).filter((item) => {
      if (condition === undefined) return true;
      const inner = new Scope(scope);
      this.assign(target, item, inner);
      return isTrue(this.evaluate(condition, inner));
    });
    const again = (next: Value) =>
      this.work.deeper(() => this.collect((to) => this.loop(node, scope, to, next, depth + 1)));
    const state: LoopState = { at: 0, items, depth, changed: undefined };
    const loop = this.loopValue(state, node.recursive ? again : undefined);
    let complete = false;
    for (; state.at < items.length; state.at += 1) {
      const inner = new Scope(scope, node.body);
      inner.set('loop', loop);
      this.assign(target, items[state.at] ?? null, inner);
      const signal = this.run(node.body, inner, write);
      if (signal === 'break') break;
      // As in Jinja2, what is left by `continue` does not count as gone through.
      if (signal === undefined) complete = true;
    }
    return complete ? undefined : this.run(node.otherwise, new Scope(scope, node.otherwise), write);
  }

  private collect(run: (write: (text: string) => void) => Signal): string {
    let text = '';
    run((part) => {
      this.work.length(text.length + part.length);
      text += part;
    });
    return text;
  }

  private loopValue(state: LoopState, again: ((items: Value) => Value) | undefined): Loop {
    const { items, depth } = state;
    const itemAt = (at: number, what: string): Value => {
      const item = items[at];
      return item === undefined ? new Undefined(what) : item;
    };
    const attribute = (name: string): Value | undefined => {
      const { at } = state;
      switch (name) {
        case 'index':
          return at + 1;
        case 'index0':
          return at;
        case 'revindex':
          return items.length - at;
        case 'revindex0':
          return items.length - at - 1;
        case 'first':
          return at === 0;
        case 'last':
          return at === items.length - 1;
        case 'length':
          return items.length;
        case 'depth':
          return depth + 1;
        case 'depth0':
          return depth;
        case 'previtem':
          return itemAt(at - 1, 'The item before the first');
        case 'nextitem':
          return itemAt(at + 1, 'The item after the last');
        case 'cycle':
          return new Callable((choices) => {
            const chosen = choices[at % choices.length];
            if (chosen === undefined) throw new TemplateError('cycle wants a value');
            return chosen;
          });
        case 'changed':
          return new Callable((values) => {
            const before = state.changed;
            state.changed = new Tuple(values);
            return before === undefined || !equals(before, state.changed, this.work);
          });
        default:
          if (name.startsWith('_')) throw notRendered(`The attribute ${name} of a loop`);
          return undefined;
      }
    };
    return new Loop(attribute, again);
  }

  /** A macro as a function; names that it does not set itself are those around where it stands. */
  private macro(name: string, signature: Signature, body: Body, scope: Scope): Callable {
    const specials = SPECIAL.filter(
      (special) => mentioned(body).has(special) && !signature.some((each) => each.name === special),
    );
    return new Callable((positional, named) =>
      this.work.deeper(() => {
        const inner = new Scope(scope, body);
        const left = new Map(named);
        const pending: (readonly [string, Expression])[] = [];
        for (const [i, { name: parameter, fallback }] of signature.entries()) {
          const value = i < positional.length ? positional[i] : left.get(parameter);
          if (i >= positional.length) left.delete(parameter);
          inner.set(parameter, value === undefined ? new Undefined(`The parameter ${parameter}`) : value);
          if (value === undefined && fallback !== undefined) pending.push([parameter, fallback]);
        }
        if (specials.includes('caller')) {
          inner.set('caller', left.get('caller') ?? new Undefined('caller'));
          left.delete('caller');
        }
        if (specials.includes('kwargs')) inner.set('kwargs', new Map(left));
        else
          for (const key of left.keys())
            throw new TemplateError(`The macro ${name} takes no argument ${key}`);
        if (specials.includes('varargs')) inner.set('varargs', new Tuple(positional.slice(signature.length)));
        else if (positional.length > signature.length)
          throw new TemplateError(`The macro ${name} takes fewer arguments`);
        for (const [parameter, fallback] of pending) inner.set(parameter, this.evaluate(fallback, inner));
        return this.textOf(body, inner).text;
      }),
    );
  }

  private lookUp(name: string, scope: Scope): Value {
    const value = scope.get(name);
    if (value === undefined && NOT_MADE.has(name)) throw notRendered(name);
    return value === undefined ? new Undefined(name) : value;
  }

  private evaluate(node: Expression, scope: Scope): Value {
    this.work.spend();
    switch (node.type) {
      case 'const':
        return node.value;
      case 'float':
        return new Float(node.value);
      case 'name':
        return this.lookUp(node.name, scope);
      case 'list':
        return node.items.map((item) => this.evaluate(item, scope));
      case 'tuple':
        return new Tuple(node.items.map((item) => this.evaluate(item, scope)));
      case 'dict':
        return new Map(
          node.pairs.map(([key, value]) => [
            keyOf(this.evaluate(key, scope), this.work),
            this.evaluate(value, scope),
          ]),
        );
      case 'attribute':
        return attributeOf(this.evaluate(node.object, scope), node.name, this.work);
      case 'item':
        return itemOf(this.evaluate(node.object, scope), this.evaluate(node.key, scope), this.work);
      case 'slice': {
        const object = this.evaluate(node.object, scope);
        return sliceOf(
          object,
          Array.from(node.bounds, (bound) => bound && this.evaluate(bound, scope)),
          this.work,
        );
      }
      case 'call':
        return this.call(node, scope);
      case 'filter':
        return this.filter(node, this.evaluate(node.operand ?? { type: 'const', value: '' }, scope), scope);
      case 'test':
        return this.test(node, scope);
      case 'not':
        return !isTrue(this.evaluate(node.operand, scope));
      case 'and': {
        const left = this.evaluate(node.left, scope);
        return isTrue(left) ? this.evaluate(node.right, scope) : left;
      }
      case 'or': {
        const left = this.evaluate(node.left, scope);
        return isTrue(left) ? left : this.evaluate(node.right, scope);
      }
      case 'sign':
        return withSign(node.sign, this.evaluate(node.operand, scope));
      case 'binary':
        return operate(
          node.operator,
          this.evaluate(node.left, scope),
          this.evaluate(node.right, scope),
          this.work,
        );
      case 'concat': {
        const parts = node.parts.map((part) => print(this.evaluate(part, scope), this.work));
        this.work.length(parts.reduce((sum, part) => sum + part.length, 0));
        return parts.reduce((text, part) => text + part, '');
      }
      case 'compare':
        return this.compare(node, scope);
      case 'condition': {
        const chosen = isTrue(this.evaluate(node.test, scope)) ? node.chosen : node.otherwise;
        return chosen
          ? this.evaluate(chosen, scope)
          : new Undefined('What a condition without else leaves out');
      }
    }
  }

  private compare(node: Extract<Expression, { type: 'compare' }>, scope: Scope): boolean {
    let left = this.evaluate(node.first, scope);
    for (const [operator, operand] of node.rest) {
      const right = this.evaluate(operand, scope);
      if (!holds(operator, left, right, this.work)) return false;
      left = right;
    }
    return true;
  }

  private test({ name, operand, args }: Extract<Expression, { type: 'test' }>, scope: Scope): boolean {
    const value = this.evaluate(operand, scope);
    const { positional, named } = this.arguments(args, scope);
    if (named.size > 0) throw notRendered('An argument by name of a test');
    if (name === 'filter' || name === 'test') this.work.text(textOf(value).length);
    if (name === 'filter') return isFilter(textOf(value));
    if (name === 'test') return isTest(textOf(value)) || value === 'filter' || value === 'test';
    return test(name, value, positional, this.work);
  }

  /** The filter of a block, on its text. */
  private filtered(filter: Filter | undefined, text: string, scope: Scope): Value {
    if (filter === undefined) return text;
    const inner = filter.operand?.type === 'filter' ? filter.operand : undefined;
    return this.filter(filter, this.filtered(inner, text, scope), scope);
  }

  private filter({ name, args }: Filter, value: Value, scope: Scope): Value {
    const { positional, named } = this.arguments(args, scope);
    return applyFilter(name, value, positional, named, this.work);
  }

  private arguments(args: Arguments, scope: Scope): { positional: Value[]; named: Map<string, Value> } {
    const positional = args.positional.map((value) => this.evaluate(value, scope));
    const named = new Map(args.named.map(([name, value]) => [name, this.evaluate(value, scope)]));
    if (named.size < args.named.length) throw new TemplateError('An argument is given twice');
    if (args.spread) positional.push(...iterate(this.evaluate(args.spread, scope), this.work));
    if (args.spreadNamed) {
      const spread = this.evaluate(args.spreadNamed, scope);
      if (!isDict(spread)) throw new TemplateError(`${kindOf(spread)} cannot be spread as arguments`);
      for (const [key, value] of spread) {
        if (named.has(String(key))) throw new TemplateError(`The argument ${key} is given twice`);
        named.set(textOf(key), value);
      }
    }
    return { positional, named };
  }

  private call(
    { callee, args }: Call,
    scope: Scope,
    more: readonly (readonly [string, Value])[] = [],
  ): Value {
    const called = this.evaluate(callee, scope);
    const { positional, named } = this.arguments(args, scope);
    const all: Named = new Map([...named, ...more]);
    if (called instanceof Callable) return called.call(positional, all);
    if (called instanceof Undefined) throw called.error;
    if (called instanceof Loop && called.call && positional.length === 1 && all.size === 0)
      return called.call(positional[0] ?? null);
    throw new TemplateError(`${kindOf(called)} cannot be called`);
  }
}

interface LoopState {
  at: number;
  readonly items: readonly Value[];
  readonly depth: number;
  changed: Tuple | undefined;
}

/** What a block makes, which Jinja2 writes as it is: it has to be a text. */
function written(value: Value): string {
  return value instanceof Markup ? value.text : textOf(value);
}

const mentionedIn = new WeakMap<Body, ReadonlySet<string>>();

/** Which names of its own the body of a macro reads. It is looked through once, however often the macro is made. */
function mentioned(body: Body): ReadonlySet<string> {
  const known = mentionedIn.get(body) ?? new Set(SPECIAL.filter((name) => mentions(body, name)));
  mentionedIn.set(body, known);
  return known;
}

/** Whether a part of a template reads a name. */
function mentions(part: unknown, name: string): boolean {
  if (typeof part !== 'object' || part === null) return false;
  if ('type' in part && part.type === 'name' && 'name' in part && part.name === name) return true;
  return Object.values(part).some((inner) => mentions(inner, name));
}
