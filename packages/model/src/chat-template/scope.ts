import type { Body, Statement, Target } from './ast.js';
import type { Value } from './values.js';

/** Names that a body itself reads or sets, not counting bodies with names of their own inside it. */
interface Names {
  readonly all: ReadonlySet<string>;
  /** Those that it sets, in any case, before it first reads them. */
  readonly setFirst: ReadonlySet<string>;
}

const analysed = new WeakMap<Body, Names>();

/** What Jinja2 finds out about a body when it compiles it. */
function namesOf(body: Body): Names {
  const known = analysed.get(body);
  if (known !== undefined) return known;
  const all = new Set<string>();
  const setFirst = new Set<string>();
  const read = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if ('type' in part && part.type === 'name' && 'name' in part) all.add(String(part.name));
    for (const inner of Object.values(part)) read(inner);
  };
  const set = (target: Target, always: boolean): void => {
    if (target.type === 'tuple') for (const each of target.items) set(each, always);
    else {
      if (target.type === 'name' && always && !all.has(target.name)) setFirst.add(target.name);
      all.add(target.name);
    }
  };
  const walk = (statement: Statement, always: boolean): void => {
    switch (statement.type) {
      case 'print':
        return read(statement.value);
      case 'if':
        for (const [test, branch] of statement.branches) {
          read(test);
          for (const each of branch) walk(each, false);
        }
        for (const each of statement.otherwise) walk(each, false);
        return;
      case 'for':
        return read(statement.iterable);
      case 'set':
        read(statement.value);
        return set(statement.target, always);
      case 'set-block':
        return set(statement.target, always);
      case 'macro':
        return set({ type: 'name', name: statement.name }, always);
      case 'call-block':
        return read(statement.call);
      case 'filter-block':
        return read(statement.filter.args);
      case 'with':
        return read(statement.bindings.map(([, value]) => value));
    }
  };
  for (const statement of body) walk(statement, true);
  const names = { all, setFirst };
  analysed.set(body, names);
  return names;
}

/**
 * Names that hold in a body, and those around it. What a body sets before it reads it is unknown inside of it until then, even where
 * a variable of the template has that name: Jinja2 decides when it compiles where a name is looked up.
 */
export class Scope {
  private readonly values = new Map<string, Value>();
  private readonly names: Names | undefined;

  constructor(
    private readonly outer: Scope | undefined,
    body?: Body,
  ) {
    this.names = body && namesOf(body);
  }

  get(name: string): Value | undefined {
    const own = this.values.get(name);
    if (own !== undefined) return own;
    if (this.names?.setFirst.has(name) === true && this.outer?.knows(name) !== true) return undefined;
    return this.outer?.get(name);
  }

  set(name: string, value: Value): void {
    this.values.set(name, value);
  }

  /** Whether this body or one around it reads or sets a name. */
  private knows(name: string): boolean {
    return (
      this.names?.all.has(name) === true ||
      (this.names !== undefined && this.values.has(name)) ||
      this.outer?.knows(name) === true
    );
  }
}
