/** Random well-formed programs: every coordinate, mask and term that the checks allow, over small sizes. */
import fc from 'fast-check';
import type {
  Coordinate,
  Index,
  Mask,
  Program,
  Relation,
  Tensor,
  Term,
  View,
  Virtual,
} from '../../src/relation/program.ts';

type Gen = fc.GeneratorValue;

interface Draft {
  readonly gen: Gen;
  readonly tensors: Tensor[];
  readonly virtuals: Virtual[];
}

const integer = (gen: Gen, min: number, max: number): number => gen(fc.integer, { min, max });

/** @param gen of `fc.gen()` */
export function randomProgram(gen: Gen): Program {
  const draft: Draft = { gen, tensors: [], virtuals: [] };
  const virtualCount = integer(gen, 0, 2);
  for (let v = 0; v < virtualCount; v++) {
    const indices = indicesOf(gen, `v${v}_`, 2);
    const virtual: Virtual = { name: `v${v}`, indices, range: 'residue', terms: terms(draft, indices) };
    draft.virtuals.push(virtual);
  }
  const columns = integer(gen, 1, 3);
  const relations = Array.from({ length: integer(gen, 1, 3) }, (_, r): Relation => {
    const indices = indicesOf(gen, 'r', 3);
    const name = `relation/${r}`;
    if (r > 0 && gen(fc.boolean)) return { kind: 'zero', name, indices, terms: terms(draft, indices) };
    const entries = Array.from({ length: columns }, () => terms(draft, indices));
    return { kind: 'lookup', name, indices, table: 'table', entries };
  });
  const table = {
    name: 'table',
    rows: 3,
    columns: Array.from({ length: columns }, (_, c) => ({ kind: 'range' as const, first: c })),
  };
  return { tensors: draft.tensors, tables: [table], virtuals: draft.virtuals, relations };
}

function indicesOf(gen: Gen, prefix: string, most: number): Index[] {
  return Array.from({ length: integer(gen, 0, most) }, (_, i) => ({
    name: `${prefix}${i}`,
    size: integer(gen, 1, 7),
  }));
}

function terms(draft: Draft, indices: readonly Index[]): Term[] {
  return Array.from({ length: integer(draft.gen, 1, 3) }, () => term(draft, indices));
}

function term(draft: Draft, indices: readonly Index[]): Term {
  const { gen } = draft;
  const coefficient = integer(gen, -100, 100);
  const ofVirtual = gen(fc.boolean) ? virtualView(draft, indices) : undefined;
  if (ofVirtual !== undefined) return { coefficient, views: [ofVirtual], sums: [] };
  const sums = indicesOf(gen, 's', 2);
  const all = [...indices, ...sums];
  const mask = gen(fc.boolean) ? randomMask(gen, all) : undefined;
  const count = integer(gen, 0, 2);
  const unread = unreadBy(gen, mask, count);
  const views = Array.from({ length: count }, (_, v) => view(draft, readable(gen, all, unread[v] as string)));
  return mask === undefined ? { coefficient, views, sums } : { coefficient, views, sums, mask };
}

/** What each view leaves out so that a mask can be summed: two views take one of its indices each, or none takes one of them. */
function unreadBy(gen: Gen, mask: Mask | undefined, count: number): readonly string[] {
  if (mask === undefined) return ['', ''];
  const { row, column } = mask;
  const ways = [
    [column, column],
    [row, row],
    [row, column],
    [column, row],
  ];
  return ways[integer(gen, 0, count === 2 ? 3 : 1)] as string[];
}

function readable(gen: Gen, all: readonly Index[], unread: string): Index[] {
  return all.filter(({ name }) => integer(gen, 0, 3) > 0 && name !== unread);
}

function virtualView({ gen, virtuals }: Draft, indices: readonly Index[]): View | undefined {
  const virtual = virtuals[integer(gen, 0, 1)];
  if (virtual === undefined) return undefined;
  const free = [...indices];
  const coordinates = virtual.indices.map(({ size }): Coordinate | undefined => {
    const at = free.findIndex((index) => index.size === size);
    if (at < 0) return undefined;
    const [index] = free.splice(at, 1) as [Index];
    return { kind: 'affine', parts: [{ index: index.name, stride: 1 }], offset: 0 };
  });
  if (coordinates.includes(undefined)) return undefined;
  return { tensor: virtual.name, coordinates: coordinates as Coordinate[] };
}

function randomMask(gen: Gen, all: readonly Index[]): Mask | undefined {
  if (all.length < 2) return undefined;
  const at = integer(gen, 0, all.length - 1);
  const [row, column] = [all[at], all[(at + 1) % all.length]] as [Index, Index];
  const from = Array.from({ length: row.size }, () => integer(gen, 0, column.size));
  const to = from.map((low) => integer(gen, low, column.size));
  return { row: row.name, column: column.name, from, to };
}

/** A view of a new tensor that just holds it, or of one that is a little larger. */
function view({ gen, tensors }: Draft, read: readonly Index[]): View {
  const dimensions = integer(gen, 1, 3);
  const parts = Array.from({ length: dimensions }, (): Index[] => []);
  for (const index of read) (parts[integer(gen, 0, dimensions - 1)] as Index[]).push(index);
  const shape: number[] = [];
  const coordinates = parts.map((own): Coordinate => {
    const [only] = own;
    if (own.length === 1 && only !== undefined && gen(fc.boolean)) {
      const size = integer(gen, 1, 6);
      shape.push(size);
      const positions = Array.from({ length: only.size }, () => integer(gen, 0, size - 1));
      return { kind: 'gather', index: only.name, positions };
    }
    let stride = 1;
    const offset = gen(fc.boolean) ? 0 : integer(gen, 0, 4);
    let greatest = offset;
    const strided = own.map(({ name, size }) => {
      const taken = { index: name, stride };
      greatest += stride * (size - 1);
      // Aligned, tight or overlapping.
      stride = gen(fc.boolean) ? 2 ** integer(gen, 0, 4) : stride * integer(gen, 1, size);
      return taken;
    });
    shape.push(greatest + integer(gen, 1, 2));
    return { kind: 'affine', parts: strided, offset };
  });
  const name = `tensor${tensors.length}`;
  const kind = integer(gen, 0, 2);
  const cells = shape.reduce((product, size) => product * size, 1);
  if (kind === 0) tensors.push({ kind: 'static', name, shape });
  else if (kind === 1) tensors.push({ kind: 'witness', name, shape });
  else {
    const values = Array.from({ length: cells }, (_, i) => ((i * 29) % 61) - 30);
    tensors.push({ kind: 'public', name, shape, values });
  }
  return { tensor: name, coordinates };
}
