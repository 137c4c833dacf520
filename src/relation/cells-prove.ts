/** The cells of a program's tensors as its prover reads them: by blocks, as they are committed, and row by row. */
import type { Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { hotLike, hotWords } from '../kernels/memory/hot.ts';
import type { Cells, ColumnSource } from '../pcs/columns.ts';
import type { CompiledProgram, Home } from './compile.ts';
import { columnsOf, type Layout, type PlacedBlock } from './layout.ts';
import { blocksOf, type Block } from './pieces.ts';
import type { Tensor } from './program.ts';

/** Row-major cells: integers, or words of F. */
export type RowMajor = Int8Array | Int16Array | Int32Array | Uint32Array;

/** What the prover of a program knows beside the committed groups. */
export interface ProgramWitness {
  /** Cells of every witness tensor. */
  readonly tensors: ReadonlyMap<string, RowMajor>;
  /**
   * Values of virtual tensors over their indices, where the caller has them: whoever ran the model has its accumulators.
   * Others are computed. Wrong ones give a proof that the prover itself refuses.
   */
  readonly virtuals?: ReadonlyMap<string, RowMajor>;
  /**
   * Cells of static tensors, where the caller has them row by row, in memory or to be read: others are read from their group and put
   * together when a view needs a whole one. Wrong ones give a proof that the prover itself refuses.
   */
  readonly statics?: { get(tensor: string): Int8Array | Int16Array | undefined };
}

/** Cells by tensor. */
export interface TensorCells {
  /** One block, row-major within it. */
  block(tensor: string, index: number): Cells;
  /** The whole tensor. */
  rows(tensor: string): RowMajor;
}

/** Integers below which a call of a kernel costs more than a loop. */
const LOOP = 2 ** 11;

/** The cells of one block out of those of its tensor, into an array of their type. */
export function gatherBlock<T extends RowMajor>(out: T, cells: T, shape: readonly number[], block: Block): T {
  forRows(shape, block, (from, at, length) => copyRun(out, at, cells, from, length));
  return out;
}

/** Runs for which a view costs more than copying word by word. */
const SHORT_RUN = 64;

function copyRun(out: RowMajor, at: number, cells: RowMajor, from: number, length: number): void {
  if (length > SHORT_RUN) out.set(cells.subarray(from, from + length), at);
  else for (let i = 0; i < length; i++) out[at + i] = cells[from + i] as number;
}

/**
 * out = cells + c over a block of integers or words of F: canonical words.
 *
 * @param c canonical
 */
export function shiftBlock(
  kernels: Kernels,
  out: Uint32Array,
  cells: RowMajor,
  shape: readonly number[],
  block: Block,
  c: Fe,
): void {
  const F = kernels.ext.base;
  if (!(cells instanceof Uint32Array) && out.length > LOOP) {
    // Rows one behind the other by copies, and then one kernel: a loop here is of one thread.
    kernels.memory.scope(() => {
      const rows = hotLike(kernels, cells, out.length);
      forRows(shape, block, (from, at, length) => copyRun(rows, at, cells, from, length));
      kernels.fromIntegers(out, rows, c);
    });
    return;
  }
  forRows(shape, block, (from, at, length) => {
    for (let i = 0; i < length; i++) out[at + i] = F.add(F.fromInt(cells[from + i] as number), c);
  });
}

/** Calls `use` for every run of cells that lies in one piece both in the tensor and in the block. */
function forRows(
  shape: readonly number[],
  { pieces, bits }: Block,
  use: (from: number, at: number, length: number) => void,
): void {
  const last = pieces[pieces.length - 1];
  if (last === undefined) return use(0, 0, 1);
  const length = 2 ** last.bits;
  for (let at = 0; at < 2 ** bits; at += length) {
    let rest = at / length;
    let from = last.offset;
    let stride = shape[shape.length - 1] as number;
    for (let d = pieces.length - 2; d >= 0; d--) {
      const { offset, bits: own } = pieces[d] as { offset: number; bits: number };
      from += stride * (offset + (rest % 2 ** own));
      rest = Math.floor(rest / 2 ** own);
      stride *= shape[d] as number;
    }
    use(from, at, length);
  }
}

/** Words of F of integers, in the current scope of the kernel memory; words as they are. */
export function hotWordsOf(kernels: Kernels, cells: RowMajor): Uint32Array {
  if (cells instanceof Uint32Array) return cells;
  const words = hotWords(kernels, cells.length);
  putWords(kernels, words, cells);
  return words;
}

/** The words of F of cells. */
export function putWords(kernels: Kernels, out: Uint32Array, cells: RowMajor): void {
  if (cells instanceof Uint32Array) return out.set(cells);
  if (cells.length > LOOP) return kernels.fromIntegers(out, cells);
  const { base } = kernels.ext;
  const { modulus } = base;
  for (let i = 0; i < cells.length; i++) {
    const x = cells[i] as number;
    out[i] = x >= 0 && x < modulus ? x : x < 0 && x > -modulus ? x + modulus : base.fromInt(x);
  }
}

/** Room for a proof's own columns and, behind them, the base columns of its mask. */
export interface OwnColumns {
  /** [columns][2^m]. */
  readonly cells: Uint32Array;
  /** [columns + d][2^m], `cells` at its head: in kernel memory, where there is room. */
  readonly room: Uint32Array;
}

/**
 * The proof's own columns: witness tensors in their blocks, zeros elsewhere. Multiplicities are still zero. In the current
 * scope of the kernel memory.
 *
 * @throws RangeError naming the tensor that is missing or has another number of cells
 */
export function ownColumns(
  kernels: Kernels,
  compiled: CompiledProgram,
  witness: ProgramWitness,
  logData: number,
): OwnColumns {
  const columns = columnsOf(compiled.own, logData);
  const room = hotWords(kernels, (columns + kernels.ext.degree) * 2 ** logData);
  const cells = room.subarray(0, columns * 2 ** logData).fill(0);
  for (const tensor of compiled.program.tensors) {
    if (tensor.kind !== 'witness') continue;
    const values = witness.tensors.get(tensor.name);
    const count = tensor.shape.reduce((a, b) => a * b, 1);
    if (values?.length !== count) {
      throw new RangeError(
        `witness: ${tensor.name}: expected ${count} cells, got ${values?.length ?? 'none'}`,
      );
    }
    const { index } = compiled.homes.get(tensor.name) as Home;
    const blocks = compiled.own.tensors[index] as readonly PlacedBlock[];
    const [only] = blocks;
    if (blocks.length === 1 && only !== undefined) {
      // One block is the whole tensor, cell by cell.
      putWords(kernels, cells.subarray(only.address, only.address + count), values);
    } else {
      kernels.memory.scope(() => {
        putTensor(cells, compiled.own, index, tensor.shape, hotWordsOf(kernels, values));
      });
    }
  }
  return { cells, room };
}

/** Stores a tensor's words in its blocks. */
export function putTensor(
  out: Uint32Array,
  layout: Layout,
  index: number,
  shape: readonly number[],
  words: Uint32Array,
): void {
  put(out, layout, index, shape, words);
}

/** The same for the integers of static tensors. */
export function putInt16(
  out: Int16Array,
  layout: Layout,
  index: number,
  shape: readonly number[],
  cells: Int8Array | Int16Array,
): void {
  put(out, layout, index, shape, cells);
}

function put(
  out: Uint32Array | Int16Array,
  layout: Layout,
  index: number,
  shape: readonly number[],
  cells: Uint32Array | Int8Array | Int16Array,
): void {
  for (const { block, address } of layout.tensors[index] as readonly PlacedBlock[]) {
    forRows(shape, block, (from, at, length) => copyRun(out, address + at, cells, from, length));
  }
}

/**
 * @param sources of the committed groups, in order
 * @param own the proof's own columns
 */
export function tensorCells(
  kernels: Kernels,
  compiled: CompiledProgram,
  sources: readonly ColumnSource[],
  own: Uint32Array,
  witness: ProgramWitness,
  logData: number,
): TensorCells {
  const columnCells = 2 ** logData;
  const whole = new Map<string, RowMajor>();
  const publicWords = (tensor: Tensor & { kind: 'public' }): Int16Array | Uint32Array => {
    const { base } = kernels.ext;
    if (tensor.values instanceof Int16Array) return tensor.values;
    return Uint32Array.from({ length: tensor.values.length }, (_, i) =>
      base.fromInt(tensor.values[i] as number),
    );
  };
  const blockOfGroup = (group: number, { block, address }: PlacedBlock): Cells => {
    const size = 2 ** block.bits;
    const first = Math.floor(address / columnCells);
    const cells = (sources[group] as ColumnSource).data(first, Math.max(1, size / columnCells));
    return cells.subarray(address % columnCells, (address % columnCells) + size);
  };
  const block = (name: string, index: number): Cells => {
    const tensor = compiled.tensors.get(name) as Tensor;
    if (tensor.kind === 'public') {
      const own = blocksOf(tensor.shape)[index] as Block;
      const cells = rows(name);
      return gatherBlock(cells.slice(0, 2 ** own.bits), cells, tensor.shape, own) as Cells;
    }
    const { group, index: at } = compiled.homes.get(name) as Home;
    const layout = group === 'own' ? compiled.own : (compiled.groups[group] as Layout);
    const placed = layout.tensors[at]?.[index] as PlacedBlock;
    if (group !== 'own') return blockOfGroup(group, placed);
    return own.subarray(placed.address, placed.address + 2 ** placed.block.bits);
  };
  const rows = (name: string): RowMajor => {
    const known = whole.get(name) ?? witness.tensors.get(name) ?? witness.statics?.get(name);
    if (known !== undefined) return known;
    const tensor = compiled.tensors.get(name) as Tensor;
    const cells = tensor.kind === 'public' ? publicWords(tensor) : assembled(tensor.shape, name);
    whole.set(name, cells);
    return cells;
  };
  const assembled = (shape: readonly number[], name: string): RowMajor => {
    const { group, index } = compiled.homes.get(name) as Home;
    const blocks = compiled.groups[group as number]?.tensors[index] as readonly PlacedBlock[];
    const count = shape.reduce((a, b) => a * b, 1);
    let out: Cells | undefined;
    blocks.forEach((placed, i) => {
      const cells = block(name, i);
      const to = (out ??= new (cells.constructor as new (n: number) => Cells)(count));
      forRows(shape, placed.block, (from, at, length) => copyRun(to, from, cells, at, length));
    });
    return out as Cells;
  };
  return { block, rows };
}
