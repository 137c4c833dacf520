/**
 * Operands of the transforms are [rows][columns] arrays of any size: what lies outside the arena moves through
 * it in batches of columns, as many as fit.
 */
import { viewLike, type Engine, type TypedArray } from './engine.ts';

export interface Matrix {
  /** [rows][columns], row-major. */
  readonly array: TypedArray;
  readonly rows: number;
  readonly role: 'in' | 'out' | 'inout';
}

/** Kernels count items with signed 32-bit integers. */
const MAX_ITEMS = 2 ** 31 - 1;

/**
 * Calls `body` with the addresses of the operands, for all columns at once when they fit, else for batches of
 * columns, each copied to and from contiguous arrays in the arena.
 *
 * @param spareBytes arena bytes that `body` allocates: a constant and an amount per column
 * @throws RangeError when a single column does not fit the arena
 */
export function inColumnBatches(
  engine: Engine,
  columns: number,
  operands: readonly Matrix[],
  spareBytes: { readonly fixed: number; readonly perColumn: number },
  body: (addresses: readonly number[], columns: number, firstColumn: number) => void,
): void {
  const { arena } = engine;
  const outside = operands.filter((o) => o.array.length > 0 && !arena.holds(o.array));
  const mostRows = Math.max(...operands.map((o) => o.rows));
  if (outside.length === 0 && mostRows * columns <= MAX_ITEMS) {
    body(
      operands.map((o) => o.array.byteOffset),
      columns,
      0,
    );
    return;
  }
  const columnBytes = (list: readonly Matrix[]): number =>
    list.reduce((sum, o) => sum + o.rows * o.array.BYTES_PER_ELEMENT, spareBytes.perColumn);
  const freeBytes = arena.capacityBytes - arena.usedBytes - spareBytes.fixed - 64 * (operands.length + 4);
  const whole = columns * columnBytes(outside) <= freeBytes && mostRows * columns <= MAX_ITEMS;
  const most = Math.floor(Math.min(freeBytes / columnBytes(operands), MAX_ITEMS / mostRows));
  const batch = whole ? columns : Math.max(1, most > 4 ? most - (most % 4) : most);
  for (let first = 0; first < columns; first += batch) {
    const count = Math.min(batch, columns - first);
    arena.scope(() => {
      const staged = operands.map((o) => {
        if (count === columns && arena.holds(o.array)) return o.array;
        const bytes = o.rows * count * o.array.BYTES_PER_ELEMENT;
        return viewLike(o.array, arena.buffer, arena.allocate(bytes), o.rows * count);
      });
      operands.forEach((o, i) => {
        if (o.role !== 'out') copyColumns(staged[i] as TypedArray, count, 0, o.array, columns, first, count);
      });
      body(
        staged.map((array) => array.byteOffset),
        count,
        first,
      );
      operands.forEach((o, i) => {
        if (o.role !== 'in') copyColumns(o.array, columns, first, staged[i] as TypedArray, count, 0, count);
      });
    });
  }
}

/** Copies `count` columns, from column `fromFirst` of one array to column `toFirst` of another. */
function copyColumns(
  to: TypedArray,
  toColumns: number,
  toFirst: number,
  from: TypedArray,
  fromColumns: number,
  fromFirst: number,
  count: number,
): void {
  if (to === from) return;
  if (toColumns === count && fromColumns === count) {
    to.set(from);
    return;
  }
  const rows = to.length / toColumns;
  for (let r = 0; r < rows; r++) {
    const [a, b] = [r * toColumns + toFirst, r * fromColumns + fromFirst];
    for (let c = 0; c < count; c++) to[a + c] = from[b + c] as number;
  }
}
