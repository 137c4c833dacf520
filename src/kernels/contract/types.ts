/**
 * What the type checker guarantees to callers in TypeScript, checked once a call for all others: kernels read the bytes of
 * their operands, so an array of another type would be read as other numbers. And what no type says: a result begins where an
 * operand does (a kernel in place, where its contract allows that) or lies apart from it. In between, a kernel would read
 * what it has just written, or not, depending on how its work is split.
 */
import type { Kernels } from '../contract.ts';

/** Everything in `Kernels` that computes. */
type Computing = {
  [N in keyof Kernels]: Kernels[N] extends (...args: never[]) => unknown ? N : never;
}[keyof Kernels];
export type KernelName = Exclude<Computing, 'close'>;

/**
 * The arrays among the arguments, `name:kind`; `-` for others. Kinds: words (the default), `ints`, `int16`, `int32`, `message`,
 * `words?` (null or undefined as well), `list` of words, `in` (an object with words), `in?`, `pairs`, `fractions`. Results
 * come first and are marked `>`.
 */
export const SIGNATURES: Readonly<Record<KernelName, string>> = {
  add: '>out a b',
  sub: '>out a b',
  mul: '>out a b',
  scale: '>out a',
  addScaled: '>out a - b',
  toMontgomery: '>out a',
  fromMontgomery: '>out a',
  fromIntegers: '>out a:ints',
  toHalves: '>low:int16 >high:int16 a',
  sum: 'a',
  ntt: 'data',
  intt: 'data',
  encodeCoset: '>out message:message',
  encode: '>out message:message',
  evaluateAt: '>out message:message',
  evaluateAtTransposed: '>out eta',
  interleave: '>out:message a:message',
  powers: 'out',
  kPowers: 'out',
  hashLeaves: '>digests - values salts:words?',
  absorbLeaves: '>state - - values - salts:words?',
  finishLeaves: '>digests state',
  hashParents: '>parents children',
  hashTree: 'nodes',
  expandWords: 'out',
  expandUniform: 'out',
  kMul: '>out a b',
  kSquare: '>out a',
  kScale: '>out a',
  kAddScaled: '>out a - b',
  kMulBase: '>out a b',
  kFromBase: '>out b',
  kInverse: '>out a',
  kSum: 'a',
  kDot: 'a b',
  eqTable: 'out',
  kRows: '>out source',
  kWeave: '>out source',
  kAddLines: '>out source - pairs:int32',
  foldRows: '>out - e',
  foldColumns: '>out - e',
  gemm: 'out',
  gemmBalanced: 'out:int32',
  gemmInt32: 'out:int32',
  bind: '>out a:in',
  bindBase: '>out a:in',
  productRound: 'pairs:pairs weights:in?',
  productRoundBase: 'a:in b:in weights:in?',
  bindProductRound: 'outs:list pairs:pairs - weights:in?', // outs may lie where dead parts of pairs do
  weightedSum: 'w a',
  weightedRows: '>out matrix - w',
  weightedColumns: '>out matrix - w',
  lookupLeaves: '>out columns:list',
  lookupNumerators: '>out multiplicities',
  leafRound: 'columns:list - weights',
  leafNodes: '>outP >outQ columns:list',
  fractionLayer: '>outP >outQ x:fractions',
  tally: '>counts columns:list table:list', // slots are checked where they are read
  // These results may lie in the upper halves of what they are made of.
  layerPairs: 'out x:fractions',
  leafPairs: 'out0 out1 outP x:fractions',
};

interface Argument {
  readonly at: number;
  readonly name: string;
  readonly kind: string;
  readonly result: boolean;
}

function argumentsOf(signature: string): Argument[] {
  return signature.split(' ').flatMap((text, at) => {
    if (text === '-') return [];
    const result = text.startsWith('>');
    const [name = '', kind = 'words'] = text.slice(result ? 1 : 0).split(':');
    return [{ at, name, kind, result }];
  });
}

type View = Int8Array | Int16Array | Int32Array | Uint32Array;

/** The same kernels behind a check of their arrays. */
export function checkingTypes<K extends Pick<Kernels, KernelName>>(kernels: K): K {
  const checked: Partial<Record<KernelName, unknown>> = {};
  for (const [name, signature] of Object.entries(SIGNATURES) as [KernelName, string][]) {
    const list = argumentsOf(signature);
    const kernel = kernels[name] as (...args: unknown[]) => unknown;
    checked[name] = (...args: unknown[]): unknown => {
      const results: [string, View][] = [];
      for (const { at, name: argument, kind, result } of list) {
        for (const [operand, array] of arraysOf(argument, kind, args[at])) {
          if (result) results.push([operand, array]);
          else for (const [out, written] of results) checkOverlap(out, written, operand, array);
        }
      }
      return kernel(...args);
    };
  }
  return { ...kernels, ...checked };
}

/** The arrays of an argument with their names. @throws TypeError for one of another type */
function arraysOf(argument: string, kind: string, value: unknown): [string, View][] {
  const wordsIn = (name: string, holder: unknown, key = 'words'): [string, View] => [
    `${name}.${key}`,
    typed(`${name}.${key}`, field(name, holder, key), WORDS),
  ];
  switch (kind) {
    case 'words?':
      return value == null ? [] : [[argument, typed(argument, value, WORDS)]];
    case 'ints':
      return [[argument, typed(argument, value, INTS)]];
    case 'int16':
      return [[argument, typed(argument, value, [Int16Array])]];
    case 'int32':
      return [[argument, typed(argument, value, [Int32Array])]];
    case 'message':
      if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) {
        return [[argument, typed(argument, value, MESSAGE)]];
      }
      return [
        [`${argument}.data`, typed(`${argument}.data`, field(argument, value, 'data'), MESSAGE)],
        wordsIn(argument, value, 'pad'),
      ];
    case 'in':
      return [wordsIn(argument, value)];
    case 'in?':
      return value === undefined ? [] : [wordsIn(argument, value)];
    case 'list':
      return items(argument, value).map(([name, item]) => [name, typed(name, item, WORDS)]);
    case 'pairs':
      return items(argument, value).flatMap(([name, pair]) =>
        items(name, pair).map(([side, item]) => wordsIn(side, item)),
      );
    case 'fractions':
      return [wordsIn(argument, value, 'p'), wordsIn(argument, value, 'q')];
    default:
      return [[argument, typed(argument, value, WORDS)]];
  }
}

type Constructor = new (length: number) => View;
const WORDS: readonly Constructor[] = [Uint32Array];
const INTS: readonly Constructor[] = [Int8Array, Int16Array, Int32Array];
const MESSAGE: readonly Constructor[] = [...INTS, Uint32Array];

function typed(argument: string, value: unknown, types: readonly Constructor[]): View {
  for (const type of types) if (value instanceof type) return value;
  const expected = types.map((type) => type.name).join(', ');
  throw new TypeError(`${argument}: expected ${expected}, got ${typeName(value)}`);
}

function field(argument: string, value: unknown, key: string): unknown {
  if (typeof value === 'object' && value !== null) return (value as Record<string, unknown>)[key];
  throw new TypeError(`${argument}: expected an object with ${key}, got ${typeName(value)}`);
}

function items(argument: string, value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item: unknown, i) => [`${argument}[${i}]`, item]);
  throw new TypeError(`${argument}: expected an array, got ${typeName(value)}`);
}

/** `Uint8Array`, `String`, `Undefined`: never the value. */
function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** @throws RangeError for an operand and a result that overlap and begin at different places */
function checkOverlap(out: string, written: View, operand: string, read: View): void {
  if (written.buffer !== read.buffer || written.byteOffset === read.byteOffset) return;
  const end = (array: View): number => array.byteOffset + array.byteLength;
  if (written.byteOffset >= end(read) || read.byteOffset >= end(written)) return;
  throw new RangeError(`${out}: expected ${operand} itself or memory apart from it, got a partial overlap`);
}
