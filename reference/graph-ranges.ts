/**
 * Shape and range of every operator's result, from those of its inputs: spec/integer-semantics.md sections 2 to 6, with the
 * refusals of section 7 in their order.
 */
import { integerOf, nameOf, namesIn, type Node, type Weight } from './graph-file.ts';
import { refuse, require } from './refusal.ts';
import { parseTableId, type TableForm } from './table-ids.ts';

/** (p-1)/2 */
export const HALF_FIELD = (2n ** 31n - 2n ** 24n) / 2n;

export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

/** What is known of a node's result. */
export interface Info extends Range {
  readonly rows: 'tokens' | 'emitted';
  readonly width: number;
  readonly level: 'proven' | 'residue';
}

/** B bits, signed. */
export function signed(bits: number): Range {
  return { min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n };
}

/** The greatest absolute value. */
export function magnitude({ min, max }: Range): bigint {
  return -min > max ? -min : max;
}

export function fits({ min, max }: Range, bits: number): boolean {
  return min >= signed(bits).min && max <= signed(bits).max;
}

/** The activation table of a node. */
export function activationOf(node: Node): TableForm & { kind: 'activation' } {
  const form = parseTableId(nameOf(node, 'table'));
  return form?.kind === 'activation' ? form : refuse('GRAPH_TABLE', `${node.name}: an activation table`);
}

/** The rotary table of a node. */
export function ropeOf(node: Node): TableForm & { kind: 'rope' } {
  const form = parseTableId(nameOf(node, 'table'));
  return form?.kind === 'rope' ? form : refuse('GRAPH_TABLE', `${node.name}: a rotary table`);
}

/** Section 3: the bounds that make quotient and remainder unique. */
function checkRounding(node: Node, shift: number): void {
  const [bits, guard] = [integerOf(node, 'bits'), integerOf(node, 'guard')];
  const known = within(shift, 1, 22) && within(bits, 2, 20) && within(guard, 0, 20 - bits);
  require(known && bits + guard + shift <= 30, 'GRAPH_SHIFT', node.name);
}

/** The range of the rounding of a range. */
function rounded(node: Node, shift: number, { min, max }: Range): Range {
  const { min: least, max: greatest } = signed(integerOf(node, 'bits'));
  const result = (x: bigint): bigint => {
    const q = (x + 2n ** BigInt(shift - 1)) >> BigInt(shift); // rounds towards minus infinity
    return q < least ? least : q > greatest ? greatest : q;
  };
  return { min: result(min), max: result(max) };
}

function within(x: number, low: number, high: number): boolean {
  return low <= x && x <= high;
}

const RESIDUE = { min: -HALF_FIELD, max: HALF_FIELD, level: 'residue' } as const;

type Check = (holds: boolean, code: string) => void;

/** Shape and range of a result, operator by operator. */
export function infer(
  node: Node,
  inputs: readonly Info[],
  weights: ReadonlyMap<string, Weight>,
  context: number,
): Info {
  const check: Check = (holds, code) => require(holds, code, node.name);
  const int = (field: string): number => integerOf(node, field);
  const weight = (name: string): Weight => weights.get(name) ?? refuse('GRAPH_NAME', `no weight ${name}`);
  const withinField = (range: Range): boolean => magnitude(range) <= HALF_FIELD;
  const [x, y] = inputs as [Info, Info];
  switch (node.op) {
    case 'input':
      check(within(int('width'), 1, 2 ** 20), 'GRAPH_SHAPE');
      check(within(int('bits'), 2, 20), 'GRAPH_RANGE');
      return { rows: 'tokens', width: int('width'), ...signed(int('bits')), level: 'proven' };
    case 'embedding':
      return embedding(node, namesIn(node, 'weight').map(weight), context, check);
    case 'linear':
      return linear(node, x, weight, check);
    case 'requantise':
      checkRounding(node, int('shift'));
      return { rows: x.rows, width: x.width, ...rounded(node, int('shift'), x), level: 'proven' };
    case 'add': {
      check(x.rows === y.rows && x.width === y.width, 'GRAPH_SHAPE');
      if (x.level === 'residue' || y.level === 'residue') return { rows: x.rows, width: x.width, ...RESIDUE };
      const sum = { min: x.min + y.min, max: x.max + y.max };
      check(withinField(sum), 'GRAPH_RANGE');
      return { rows: x.rows, width: x.width, ...sum, level: 'proven' };
    }
    case 'product': {
      check(x.rows === y.rows && x.width === y.width, 'GRAPH_SHAPE');
      const proven = x.level === 'proven' && y.level === 'proven';
      check(proven && magnitude(x) * magnitude(y) <= HALF_FIELD, 'GRAPH_RANGE');
      const corners = [x.min * y.min, x.min * y.max, x.max * y.min, x.max * y.max];
      return { rows: x.rows, width: x.width, ...hull(corners), level: 'proven' };
    }
    case 'concat': {
      check(x.rows === y.rows, 'GRAPH_SHAPE');
      const level = x.level === 'proven' && y.level === 'proven' ? 'proven' : 'residue';
      return { rows: x.rows, width: x.width + y.width, ...hull([x.min, y.min, x.max, y.max]), level };
    }
    case 'centre': {
      const span = 2n * BigInt(x.width) * (magnitude(x) + 1n);
      check(x.level === 'proven' && span <= HALF_FIELD, 'GRAPH_RANGE');
      return { rows: x.rows, width: x.width, min: x.min - x.max, max: x.max - x.min, level: 'proven' };
    }
    case 'scale': {
      check(within(int('power'), 1, 20), 'GRAPH_SHIFT');
      const factor = 2n ** BigInt(int('power'));
      check(x.level === 'proven' && magnitude(x) * factor <= HALF_FIELD, 'GRAPH_RANGE');
      return { rows: x.rows, width: x.width, min: x.min * factor, max: x.max * factor, level: 'proven' };
    }
    case 'emit':
      check(x.rows === 'tokens', 'GRAPH_SHAPE');
      return { ...x, rows: 'emitted' };
    case 'rmsnorm': {
      const bits = int('bits');
      check(bits === 16 || bits === 20, 'GRAPH_RANGE');
      check(x.width <= 2 ** 14, 'GRAPH_SHAPE');
      check(within(int('epsilon'), 1, 2 ** 52), 'GRAPH_RANGE');
      check(x.width * 2 ** (2 * bits - 2) + int('epsilon') <= 2 ** 52, 'GRAPH_RANGE');
      return { rows: x.rows, width: x.width, min: -32767n, max: 32767n, level: 'proven' };
    }
    case 'rope': {
      const { headDim, positions } = ropeOf(node);
      check(positions >= context, 'GRAPH_TABLE');
      check(x.width % headDim === 0 && x.rows === 'tokens', 'GRAPH_SHAPE');
      checkRounding(node, 14);
      const bound = 23172n * magnitude(x);
      check(x.level === 'proven' && bound <= HALF_FIELD, 'GRAPH_RANGE');
      return {
        rows: x.rows,
        width: x.width,
        ...rounded(node, 14, { min: -bound, max: bound }),
        level: 'proven',
      };
    }
    case 'attention':
      return attention(node, inputs, context, check);
    case 'activation': {
      const { of, bits } = activationOf(node);
      const range = of === 'relu' ? { min: 0n, max: signed(bits).max } : signed(15);
      return { rows: x.rows, width: x.width, ...range, level: 'proven' };
    }
    default:
      check(within(int('unit'), 0, 2 ** 24), 'GRAPH_RANGE');
      check(x.width <= 2 ** 20, 'GRAPH_SHAPE');
      return { rows: x.rows, width: 1, min: 0n, max: BigInt(x.width - 1), level: 'proven' };
  }
}

/** The least and the greatest of some numbers. */
function hull(numbers: readonly bigint[]): Range {
  return {
    min: numbers.reduce((a, b) => (b < a ? b : a)),
    max: numbers.reduce((a, b) => (b > a ? b : a)),
  };
}

function embedding(node: Node, tables: readonly Weight[], context: number, check: Check): Info {
  const width = integerOf(node, 'width');
  check(within(width, 1, 2 ** 20), 'GRAPH_SHAPE');
  for (const { shape } of tables) check(shape.length === 2 && (shape[1] as number) >= width, 'GRAPH_SHAPE');
  check((tables[1]?.shape[0] ?? context) >= context, 'GRAPH_SHAPE');
  return { rows: 'tokens', width, ...RESIDUE };
}

function linear(node: Node, x: Info, weight: (name: string) => Weight, check: Check): Info {
  const { shape } = weight(nameOf(node, 'weight'));
  const [outputs, columns] = shape as [number, number];
  check(shape.length === 2 && columns === x.width, 'GRAPH_SHAPE');
  check(columns <= 2 ** 17, 'GRAPH_SHAPE');
  check(x.level === 'proven' && magnitude(x) <= 2n ** 20n, 'GRAPH_RANGE');
  const bias = node['bias'] === undefined ? undefined : weight(nameOf(node, 'bias'));
  if (bias !== undefined) check(bias.shape.length === 1 && bias.shape[0] === outputs, 'GRAPH_SHAPE');
  return { rows: x.rows, width: outputs, ...RESIDUE };
}

function attention(node: Node, inputs: readonly Info[], context: number, check: Check): Info {
  const [q, k, v] = inputs as [Info, Info, Info];
  const [heads, kvHeads, headDim] = ['heads', 'kvHeads', 'headDim'].map((field) => integerOf(node, field)) as [number, number, number]; // prettier-ignore
  check(headDim >= 1 && heads % kvHeads === 0, 'GRAPH_SHAPE');
  const widths = [heads * headDim, kvHeads * headDim, kvHeads * headDim];
  inputs.forEach(({ rows, width, level }, i) => {
    check(width === widths[i] && rows === 'tokens' && level === 'proven', 'GRAPH_SHAPE');
  });
  check(within(integerOf(node, 'shift'), 1, 10), 'GRAPH_DIGITS');
  if (node['window'] !== undefined) check(within(integerOf(node, 'window'), 1, context), 'GRAPH_SHAPE');
  check(BigInt(headDim) * magnitude(q) * magnitude(k) <= 2n ** 29n, 'GRAPH_RANGE');
  check(fits(v, 15), 'GRAPH_RANGE');
  return { rows: 'tokens', width: heads * headDim, min: v.min, max: v.max, level: 'proven' };
}
