import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTE,
  checkFields,
  defineAttribute,
  defineExtensionPoint,
  definePluginModule,
  type ExtensionPoint,
  type PluginModule,
  type Register,
} from '@halfspace/contracts';
import { createHalfspace, createRegistry } from './container.js';
import { createToyBackend } from '../testing/toy-backend.js';

interface Greeting {
  readonly name: string;
  greet(): string;
}

const GREETING = defineExtensionPoint<Greeting>('greeting', {
  check: (value) => checkFields('greeting', value, { name: 'string', greet: 'function' }),
});
const DAY = defineExtensionPoint<{ readonly day: string }>('day', {
  nameOf: ({ day }) => day,
  check: () => undefined,
  unknown: 'unknown-suite',
});

const greeting = (name: string): Greeting => ({ name, greet: () => `${name}!` });
const module = (name: string, bind: (register: Register) => void) => definePluginModule({ name, bind });
const greets = (name: string, ...greetings: readonly string[]) =>
  module(name, (register) => greetings.forEach((each) => register(GREETING, greeting(each))));
const calm = defineAttribute({ name: 'calm', description: 'a test', subspaces: [] });

/** Refuses with a code and a message. */
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('a registry', () => {
  it('has what modules bind, in their order, point by point', async () => {
    const registry = await createRegistry([
      greets('one', 'hello', 'good-day'),
      module('two', (register) => {
        register(DAY, { day: 'monday' });
        register(GREETING, greeting('hey'));
      }),
    ]);
    expect(registry.names(GREETING)).toEqual(['hello', 'good-day', 'hey']);
    expect(registry.all(GREETING).map((each) => each.greet())).toEqual(['hello!', 'good-day!', 'hey!']);
    expect(registry.get(GREETING, 'hey').greet()).toBe('hey!');
    expect(registry.get(DAY, 'monday')).toEqual({ day: 'monday' });
    expect(registry.all(ATTRIBUTE)).toEqual([]);
  });

  it('takes the same module twice as once', async () => {
    const once = greets('one', 'hello');
    const registry = await createRegistry([once, once]);
    expect(registry.names(GREETING)).toEqual(['hello']);
    expect(registry.modules).toEqual([once]);
  });

  it('has one point where two copies of a package open it', async () => {
    const copy = defineExtensionPoint<Greeting>('greeting', { check: () => undefined });
    const registry = await createRegistry([module('one', (register) => register(copy, greeting('hello')))]);
    expect(registry.names(GREETING)).toEqual(['hello']);
  });

  it('keeps points apart whose values have the same name', async () => {
    const registry = await createRegistry([
      module('one', (register) => {
        register(DAY, { day: 'hello' });
        register(GREETING, greeting('hello'));
      }),
    ]);
    expect(registry.get(GREETING, 'hello').greet()).toBe('hello!');
  });

  it('says of an unknown name what there is and what was meant, by the code of the point', async () => {
    const registry = await createRegistry([greets('one', 'hello', 'hey')]);
    expect(() => registry.get(GREETING, 'helo')).toThrow(
      refused(
        'unknown-extension',
        /^There is no greeting "helo"\. Did you mean "hello"\? There are hello, hey\.$/,
      ),
    );
    expect(() => registry.get(DAY, 'monday')).toThrow(
      refused('unknown-suite', /^There is no day "monday"\. No module has bound any\.$/),
    );
    expect(() => registry.get(GREETING, undefined as unknown as string)).toThrow(
      refused('unknown-extension', /no greeting undefined\./),
    );
  });

  it('refuses two of one name, naming both modules', async () => {
    await expect(createRegistry([greets('one', 'hello'), greets('two', 'hey', 'hello')])).rejects.toThrow(
      refused(
        'bad-module',
        /^The module "two" cannot be used\. It binds the greeting "hello", and so does the module "one"\./,
      ),
    );
    await expect(createRegistry([greets('one', 'hello', 'hello')])).rejects.toThrow(
      refused('bad-module', /"one" .* two greetings named "hello"/),
    );
    await expect(createRegistry([greets('one'), greets('one')])).rejects.toThrow(
      refused('bad-module', /Two modules are named "one"/),
    );
  });
});

const sound = greets('sound');
const trap = (): never => {
  throw new Error('trap');
};
const thenable = new Proxy({}, { get: trap });

it.each<[string, string, RegExp, unknown]>([
  [
    'of a later version',
    'contract-mismatch',
    /"sound" .* version 2 .* Update @halfspace\/core\.$/,
    { ...sound, specificationVersion: 2 },
  ],
  [
    'of an earlier version',
    'contract-mismatch',
    /version 0 .* Update the package/,
    { ...sound, specificationVersion: 0 },
  ],
  ['that is a copy', 'bad-module', /"sound" was not made by definePluginModule/, { ...sound }],
  ['that is a text', 'bad-module', /module \.\/mine\.js was not made/, './mine.js'],
  ['that is nothing', 'bad-module', /not made/, undefined],
  ['that cannot be looked at', 'bad-module', /cannot be looked at: trap/, thenable],
])('a module %s is refused', async (_, code, message, value) => {
  await expect(createRegistry([value as PluginModule])).rejects.toThrow(refused(code, message));
});

it('modules that are no list are refused', async () => {
  await expect(createRegistry(sound as unknown as PluginModule[])).rejects.toThrow(
    refused('bad-module', /are a list/),
  );
});

it.each<[string, string, RegExp, (register: Register) => unknown]>([
  [
    'throws',
    'plugin-failed',
    /^The module "odd" failed: boom\.$/,
    () => {
      throw new Error('boom');
    },
  ],
  [
    'throws what is no error',
    'plugin-failed',
    /"odd" failed: it threw null/,
    () => {
      throw null;
    },
  ], // oxlint-disable-line no-throw-literal
  [
    'throws what cannot be read',
    'plugin-failed',
    /"odd" failed/,
    () => {
      throw thenable;
    },
  ], // oxlint-disable-line no-throw-literal
  ['gives a promise', 'bad-module', /"odd" .* gave a promise/, async () => Promise.reject(new Error('late'))],
  [
    'binds where there is no point',
    'bad-module',
    /a text is no|judges is no extension point/,
    (register) => register('judges' as unknown as ExtensionPoint<string>, 'x'),
  ],
  [
    'binds nothing',
    'bad-module',
    /A greeting has a text "name"; it is undefined/,
    (register) => register(GREETING, undefined as unknown as Greeting),
  ],
  [
    'binds what lacks a field',
    'bad-module',
    /"odd" cannot be used\. A greeting has a function "greet"/,
    (register) => register(GREETING, { name: 'x' } as Greeting),
  ],
  [
    'binds what cannot be read',
    'plugin-failed',
    /"odd" failed: trap/,
    (register) => register(GREETING, thenable as Greeting),
  ],
  [
    'binds without a name',
    'bad-module',
    /a day whose name is empty/,
    (register) => register(DAY, { day: '' }),
  ],
  [
    'binds no attribute',
    'bad-attribute',
    /"odd" cannot be used\. .*defineAttribute/,
    (register) => register(ATTRIBUTE, { ...calm }),
  ],
])('a module that %s is refused, and named', async (_, code, message, bind) => {
  const odd = module('odd', bind as (register: Register) => void);
  await expect(createRegistry([sound, odd])).rejects.toThrow(refused(code, message));
});

it('a module that binds when it is too late is told so, and adds nothing', async () => {
  let kept: Register | undefined;
  const registry = await createRegistry([
    module('late', (register) => {
      kept = register;
    }),
  ]);
  expect(() => kept?.(GREETING, greeting('hello'))).toThrow(refused('bad-module', /"late" .* too late/));
  expect(registry.names(GREETING)).toEqual([]);
});

it.each<[string, object]>([
  ['no name', { bind: () => undefined }],
  ['a path for a name', { name: '../x', bind: () => undefined }],
  ['a name of two lines', { name: 'a\nb', bind: () => undefined }],
  ['no bind', { name: 'a' }],
])('a module with %s cannot be defined', (_, definition) => {
  expect(() => definePluginModule(definition as PluginModule)).toThrow(
    expect.objectContaining({ code: 'bad-module' }),
  );
});

it('a module is frozen, and bound as a method of its definition', async () => {
  const definition = {
    name: '@acme/greetings',
    greetings: ['hello'],
    bind(register: Register) {
      for (const each of this.greetings) register(GREETING, greeting(each));
    },
  };
  const made = definePluginModule(definition);
  expect(Object.isFrozen(made)).toBe(true);
  expect((await createRegistry([made])).names(GREETING)).toEqual(['hello']);
});

describe('createHalfspace', () => {
  const backend = createToyBackend();
  const adds = module('calm', (register) => register(ATTRIBUTE, calm));

  it('has the attributes of modules', async () => {
    expect((await createHalfspace({ backend, modules: [adds] })).attributes).toEqual([calm]);
  });

  it('refuses an attribute of a module that is given besides', async () => {
    await expect(createHalfspace({ backend, attributes: [calm], modules: [adds] })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-attribute' }),
    );
  });
});
