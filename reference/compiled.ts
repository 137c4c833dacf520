/** What follows from a program before any challenge: sources and balances, layouts. spec/program-proofs.md 1 to 3. */
import { bitsOf, blocksOf, layOut, type Block, type Layout } from './layout.ts';
import { at, total } from './lists.ts';
import { checkProgram as checkLookups, type Balance, type LookupProgram } from './lookup-program.ts';
import type { Program } from './program.ts';
import { writeOut, type WrittenRelation } from './written-out.ts';

/** A block of a lookup relation. */
export interface Source {
  readonly relation: WrittenRelation;
  readonly block: Block;
}

export interface Compiled {
  readonly program: Program;
  /** Relations that vanish, in the order of the program. */
  readonly zeros: readonly WrittenRelation[];
  /** None without lookup relations. */
  readonly lookups?: LookupProgram;
  /** Of every balance its sources. */
  readonly sources: readonly (readonly Source[])[];
  /** Layouts of the committed groups, and of the proof's own columns. */
  readonly groups: readonly Layout[];
  readonly own: Layout;
  /** Where a committed tensor is: a group, or behind the groups the proof's own; which tensor of that layout. */
  readonly homes: ReadonlyMap<string, { readonly group: number; readonly tensor: number }>;
  /** Of every balance and each of its tables: which tensor of `own` the multiplicities are. */
  readonly multiplicities: readonly (readonly number[])[];
}

export function compile(program: Program): Compiled {
  const relations = writeOut(program);
  const balances = fillBalances(program, sourcesOf(relations));
  const lookups = lookupsOf(program, balances);
  return {
    program,
    zeros: relations.filter(({ table }) => table === undefined),
    ...(balances.length > 0 && { lookups }),
    sources: balances.map(({ sources }) => sources),
    ...place(program, lookups.balances),
  };
}

function lookupsOf({ tables }: Program, balances: readonly Filled[]): LookupProgram {
  return {
    tables: tables.map(({ rows, columns }, t) => ({ tag: BigInt(t + 1), rows, columns })),
    balances: balances.map(({ balance }) => balance),
  };
}

/** The balances of a program alone, and that they are some: codes `LOOKUP_*`. */
export function balancesOf(p: bigint, program: Program): void {
  const balances = fillBalances(program, sourcesOf(writeOut(program)));
  if (balances.length > 0) checkLookups(p, lookupsOf(program, balances));
}

/** Section 3: no source has more than 2^23 cells. */
function sourcesOf(relations: readonly WrittenRelation[]): Source[] {
  const lookups = relations.filter(({ table }) => table !== undefined);
  return lookups.flatMap((relation) => {
    const blocks = blocksOf(relation.indices.map(({ size }) => size));
    return blocks.flatMap(halves).map((block) => ({ relation, block }));
  });
}

/** Cut along the first dimension of more than one cell, as often as needed. */
function halves(block: Block): Block[] {
  if (bitsOf(block) <= 23) return [block];
  const d = block.findIndex(({ bits }) => bits > 0);
  const { first, bits } = at(block, d);
  const half = (from: number): Block => block.map((piece, i) => (i === d ? { first: from, bits: bits - 1 } : piece)); // prettier-ignore
  return [half(first), half(first + 2 ** (bits - 1))].flatMap(halves);
}

interface Filled {
  readonly balance: Balance;
  readonly sources: readonly Source[];
}

/** Section 3: sorted by table, as many sources in a balance as 2^25 leaves allow. */
function fillBalances({ tables }: Program, sources: readonly Source[]): Filled[] {
  const filled: Filled[] = [];
  const tableOf = ({ relation }: Source): number => relation.table as number;
  const filledWith = (own: readonly Source[]): Filled => ({
    sources: own,
    balance: {
      sources: own.map((source) => ({ table: tableOf(source), count: 2 ** bitsOf(source.block) })),
      tables: [...new Set(own.map(tableOf))],
    },
  });
  const leaves = ({ balance }: Filled): number =>
    total(balance.sources.map(({ count }) => count)) + total(balance.tables.map((t) => at(tables, t).rows));
  for (const source of [...sources].sort((a, b) => tableOf(a) - tableOf(b))) {
    const joined = filledWith([...(filled[filled.length - 1]?.sources ?? []), source]);
    if (filled.length > 0 && leaves(joined) <= 2 ** 25) filled[filled.length - 1] = joined;
    else filled.push(filledWith([source]));
  }
  return filled;
}

/** Section 2: static tensors by group; witness tensors and multiplicities. */
function place(
  { tensors, tables }: Program,
  balances: readonly Balance[],
): Pick<Compiled, 'groups' | 'own' | 'homes' | 'multiplicities'> {
  const groupOf = tensors.map((tensor) => (tensor.kind === 'static' ? (tensor.group ?? 0) : -1));
  const groupCount = Math.max(-1, ...groupOf) + 1;
  const shapes: (readonly number[])[][] = Array.from({ length: groupCount + 1 }, () => []);
  const homes = new Map<string, { group: number; tensor: number }>();
  tensors.forEach(({ kind, name, shape }, i) => {
    if (kind === 'public') return;
    const group = kind === 'static' ? at(groupOf, i) : groupCount;
    homes.set(name, { group, tensor: at(shapes, group).push(shape) - 1 });
  });
  const own = at(shapes, groupCount);
  const multiplicities = balances.map((balance) =>
    balance.tables.map((t) => own.push([at(tables, t).rows]) - 1),
  );
  return { groups: shapes.slice(0, groupCount).map(layOut), own: layOut(own), homes, multiplicities };
}
