import { bytes, concatBytes, float, int, message, string, type Field } from './protobuf.js';

/** Element types, numbered as in `onnx.TensorProto.DataType`. */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;

/** The field of a list of nodes in a graph, and that of an output. */
const [NODE, OUTPUT] = [1, 12];

const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  float16: 2,
};

/** Name of an element type that our graphs use. */
export type ElementType = keyof typeof ELEMENT;

/** A dimension: a size, or the name of one that varies from call to call. */
export type Dimension = number | string;

/** Values of node attributes; integers and floats are told apart by {@link real}. */
export type AttributeValue = number | string | readonly number[] | RealValue;

/** A float attribute, even where its value is whole. */
export interface RealValue {
  readonly real: number;
}

/** Marks a node attribute as a float. */
export function real(value: number): RealValue {
  return { real: value };
}

/** Bytes, or some after the other, so that never all of them are in memory. */
export type Bytes = Uint8Array | AsyncIterable<Uint8Array>;

/** Where the bytes of large constants go: a file beside the graph. */
export interface WeightSink {
  /** File name that the graph refers to. */
  readonly location: string;
  /** Appends `length` bytes; returns their offset in the file. */
  append(data: Bytes, length: number): Promise<number>;
}

/** Operators of ONNX Runtime's own domain. */
export const CONTRIB = 'com.microsoft';

const OPSET = 23;
const CONTRIB_OPSET = 1;
const IR_VERSION = 11;
/** Constants up to this many bytes stay inside the graph. */
const INLINE_BYTES = 1024;

/** Builds one ONNX graph: values are names, nodes are added in order, `toBytes` serialises. */
export interface GraphBuilder {
  input(name: string, type: ElementType, shape: readonly Dimension[]): string;
  output(name: string, type: ElementType, shape: readonly Dimension[]): void;
  /** Adds a node with one output and returns its name. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    options?: { domain?: string; output?: string },
  ): string;
  /** Adds a node with several outputs; an empty name leaves an optional output out. */
  nodes(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    domain?: string,
  ): void;
  /**
   * A value that is made in one of two ways, by what a boolean of one element is; only the nodes of that way are run. Both may
   * use whatever the graph has already; what they add is theirs alone.
   *
   * @param type - Of the value, with its shape, whichever way it is made.
   */
  either(
    condition: string,
    ways: { readonly taken: () => string; readonly otherwise: () => string },
    type: ElementType,
    shape: readonly Dimension[],
  ): string;
  /** A constant; large ones are written to the sink. */
  constant(name: string, type: ElementType, shape: readonly number[], data: Bytes): Promise<string>;
  /** A one-dimensional int64 constant. */
  int64s(values: readonly number[]): string;
  /** A float32 scalar. */
  float(value: number): string;
  /** A name not used before. */
  fresh(stem: string): string;
  /** Takes over constants of another graph that writes to the same sink. */
  share(other: GraphBuilder, names: readonly string[]): void;
  /** The serialised constant of a name. */
  initializer(name: string): Uint8Array;
  toBytes(): Uint8Array;
}

function isReal(value: AttributeValue): value is RealValue {
  return typeof value === 'object' && 'real' in value;
}

function attribute(name: string, value: AttributeValue): Field {
  const fields = [string(1, name)];
  if (typeof value === 'number') fields.push(int(3, value), int(20, 2));
  else if (typeof value === 'string') fields.push(string(4, value), int(20, 3));
  else if (isReal(value)) fields.push(float(2, value.real), int(20, 1));
  else fields.push(...value.map((each) => int(8, each)), int(20, 7));
  return message(5, fields);
}

/** An attribute that is a graph. */
function subgraph(name: string, fields: readonly Field[]): Field {
  return message(5, [string(1, name), message(6, fields), int(20, 5)]);
}

function valueInfo(field: number, name: string, type: ElementType, shape: readonly Dimension[]): Field {
  const dimensions = shape.map((size) =>
    message(1, [typeof size === 'number' ? int(1, size) : string(2, size)]),
  );
  const tensor = message(1, [int(1, ELEMENT[type]), message(2, dimensions)]);
  return message(field, [string(1, name), message(2, [tensor])]);
}

function entry(key: string, value: string): Field {
  return message(13, [string(1, key), string(2, value)]);
}

async function whole(data: Bytes): Promise<Uint8Array> {
  if (data instanceof Uint8Array) return data;
  const parts: Uint8Array[] = [];
  for await (const part of data) parts.push(part);
  return concatBytes(parts);
}

/** A builder whose large constants go to `sink`. */
export function createGraph(name: string, sink: WeightSink): GraphBuilder {
  let nodeFields: Field[] = [];
  const initializers = new Map<string, Field>();
  const inputs: Field[] = [];
  const outputs: Field[] = [];
  let counter = 0;

  function addNode(
    operator: string,
    nodeInputs: readonly string[],
    nodeOutputs: readonly string[],
    attributes: readonly Field[],
    domain: string,
  ): void {
    nodeFields.push(
      message(NODE, [
        ...nodeInputs.map((each) => string(1, each)),
        ...nodeOutputs.map((each) => string(2, each)),
        string(3, `${operator}.${nodeFields.length}`),
        string(4, operator),
        ...attributes,
        string(7, domain),
      ]),
    );
  }

  const graph: GraphBuilder = {
    input(inputName, type, shape) {
      inputs.push(valueInfo(11, inputName, type, shape));
      return inputName;
    },
    output(outputName, type, shape) {
      outputs.push(valueInfo(OUTPUT, outputName, type, shape));
    },
    node(operator, nodeInputs, attributes = {}, options = {}) {
      const output = options.output ?? graph.fresh(operator);
      graph.nodes(operator, nodeInputs, [output], attributes, options.domain);
      return output;
    },
    nodes(operator, nodeInputs, nodeOutputs, attributes = {}, domain = '') {
      const fields = Object.entries(attributes).map(([key, value]) => attribute(key, value));
      addNode(operator, nodeInputs, nodeOutputs, fields, domain);
    },
    either(condition, { taken, otherwise }, type, shape) {
      const way = (make: () => string): Field[] => {
        const outer = nodeFields;
        nodeFields = [];
        try {
          const made = make();
          return [...nodeFields, string(2, graph.fresh('way')), valueInfo(OUTPUT, made, type, shape)];
        } finally {
          nodeFields = outer;
        }
      };
      const output = graph.fresh('If');
      const ways = [subgraph('then_branch', way(taken)), subgraph('else_branch', way(otherwise))];
      addNode('If', [condition], [output], ways, '');
      return output;
    },
    async constant(constantName, type, shape, data) {
      const fields = [...shape.map((size) => int(1, size)), int(2, ELEMENT[type]), string(8, constantName)];
      const length = shape.reduce((a, b) => a * b, ELEMENT_BYTES[type]);
      if (length <= INLINE_BYTES) fields.push(bytes(9, await whole(data)));
      else {
        const offset = await sink.append(data, length);
        fields.push(
          entry('location', sink.location),
          entry('offset', `${offset}`),
          entry('length', `${length}`),
          int(14, 1),
        );
      }
      initializers.set(constantName, message(5, fields));
      return constantName;
    },
    int64s(values) {
      const constantName = `int64s_${values.join('_')}`;
      const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      const fields = [int(1, values.length), int(2, ELEMENT.int64), string(8, constantName), bytes(9, data)];
      initializers.set(constantName, message(5, fields));
      return constantName;
    },
    float(value) {
      const constantName = `float_${value}`;
      const data = new Uint8Array(Float32Array.of(value).buffer);
      initializers.set(
        constantName,
        message(5, [int(2, ELEMENT.float32), string(8, constantName), bytes(9, data)]),
      );
      return constantName;
    },
    fresh(stem) {
      return `${stem}_${counter++}`;
    },
    share(other, names) {
      for (const each of names) initializers.set(each, other.initializer(each));
    },
    initializer(constantName) {
      const found = initializers.get(constantName);
      if (found === undefined) throw new Error(`The graph has no constant ${constantName}.`);
      return found;
    },
    toBytes() {
      const body = [...nodeFields, string(2, name), ...initializers.values(), ...inputs, ...outputs];
      return concatBytes([
        int(1, IR_VERSION),
        string(2, 'halfspace'),
        message(7, body),
        message(8, [string(1, ''), int(2, OPSET)]),
        message(8, [string(1, CONTRIB), int(2, CONTRIB_OPSET)]),
      ]);
    },
  };
  return graph;
}
