/**
 * A prover of programs that lies where it is told to: about cells behind the count of multiplicities, and in messages. The steps are
 * those of `proveProgramBody`, apart from two doors: columns and multiplicities before they are committed, and the channel.
 */
import { quintic } from '../../../src/field/quintic.ts';
import type { Ext, Fe } from '../../../src/field/field.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { affineAlgebra, type MaskedValue } from '../../../src/pads/affine.ts';
import { createProverPads } from '../../../src/pads/pads-prove.ts';
import { commitPads, provePads } from '../../../src/pads/proof-prove.ts';
import { proveSumcheck } from '../../../src/pads/sumcheck-prove.ts';
import type { Claim } from '../../../src/pcs/opening.ts';
import { proveOpening } from '../../../src/pcs/open-prove.ts';
import { commitOwn } from '../../../src/pcs/own-prove.ts';
import { writeRoot } from '../../../src/pcs/whir/prove.ts';
import { claimOf, columnsOfProgram, joinClaims, multiplicityClaim } from '../../../src/relation/arguments.ts';
import {
  gatherBlock,
  ownColumns,
  putTensor,
  tensorCells,
  type RowMajor,
} from '../../../src/relation/cells-prove.ts';
import { createEvaluator } from '../../../src/relation/evaluate-prove.ts';
import { expandClaims } from '../../../src/relation/expand.ts';
import { formsOf } from '../../../src/relation/form.ts';
import { columnsOf } from '../../../src/relation/layout.ts';
import { programPlan } from '../../../src/relation/plan.ts';
import { productOracle, productVectors } from '../../../src/relation/product-prove.ts';
import { placeSegments, productEnd } from '../../../src/relation/product.ts';
import { programDomain } from '../../../src/relation/statement.ts';
import type { BalanceWitness } from '../../../src/tlookup/leaves-prove.ts';
import type { LoadedLookups, LookupTable } from '../../../src/tlookup/shape.ts';
import { proveLookups } from '../../../src/tlookup/prove.ts';
import { proverChannel } from '../../../src/transcript/prover.ts';
import { testSource } from '../linear.ts';
import type { ProgramFixture } from '../programs.ts';
import { lyingChannel, type Hook, type Seen } from './liar.ts';

export interface ProgramLie {
  readonly fixture: ProgramFixture;
  /** Cells of witness tensors, where they are not the fixture's. */
  readonly cells?: ReadonlyMap<string, RowMajor>;
  /** Changes the counts of one balance, table by table. Tuples that are no rows are counted nowhere before. */
  readonly counts?: (counts: Uint32Array[], balance: number) => void;
  readonly hook?: Hook;
  /** The sum of products that is sent, from the true one and the challenges so far. */
  readonly total?: (sum: Ext, seen: Seen) => Ext;
  /** Both values at the end, from the true ones and the claim that they have to multiply to. */
  readonly ends?: (a: Ext, b: Ext, gap: Ext) => [Ext, Ext];
}

export function proveProgramLie(kernels: Kernels, lie: ProgramLie, key: number): Uint8Array {
  const { statement } = lie.fixture;
  const ch = lyingChannel(proverChannel(programDomain(statement)), lie.hook ?? (() => undefined));
  kernels.memory.scope(() => body(kernels, ch, lie, key));
  return ch.finish();
}

function body(kernels: Kernels, ch: ReturnType<typeof lyingChannel>, lie: ProgramLie, key: number): void {
  const { statement, groups } = lie.fixture;
  const { compiled, parameters } = statement;
  const { logData } = parameters.code;
  const witness = { tensors: new Map([...lie.fixture.witness.tensors, ...(lie.cells ?? [])]) };
  const columns = columnsOfProgram(compiled, logData);
  const algebra = affineAlgebra(kernels.ext);
  const source = testSource(quintic, key);
  const pads = createProverPads(source, programPlan(compiled, parameters, columns.count));
  const { cells: ownCells } = ownColumns(kernels, compiled, witness, logData);
  const cells = tensorCells(kernels, compiled, groups.map((group) => group.source), ownCells, witness, logData); // prettier-ignore
  const evaluate = createEvaluator(kernels, compiled, cells, witness);
  const balances = (compiled.lookups?.blocks ?? []).map((blocks, b): BalanceWitness => {
    const sources = blocks.map(({ relation: { name, indices }, block }) => {
      const relation = compiled.program.relations.find((one) => one.name === name)!;
      const shape = indices.map(({ size }) => size);
      return formsOf(relation).map((terms) =>
        gatherBlock(new Uint32Array(2 ** block.bits), evaluate(terms, indices), shape, block),
      );
    });
    const { tables, sources: declared } = compiled.lookups!.lookups.program.balances[b]!;
    const counts = tables.map((t) => {
      const table = compiled.lookups!.lookups.program.tables[t]!;
      return countRows(
        table,
        sources.filter((_, s) => declared[s]!.table === t),
      );
    });
    lie.counts?.(counts, b);
    counts.forEach((words, t) => {
      putTensor(ownCells, compiled.own, compiled.multiplicities[b]! + t, [words.length], words);
    });
    return { sources, multiplicities: counts };
  });
  const own = commitOwn(kernels, source, parameters, columnsOf(compiled.own, logData), ownCells);
  const committedPads = commitPads(kernels, source, parameters.pads, pads);
  writeRoot(ch, 'root/AM', own.rows);
  writeRoot(ch, 'root/PAD', committedPads.rows);
  const lookup =
    compiled.lookups &&
    proveLookups(blind(kernels, compiled.lookups.lookups), pads, ch, compiled.lookups.lookups, balances);
  const joined = joinClaims(algebra, ch, compiled, lookup);
  const claims = products();
  if (lookup !== undefined) claims.push(multiplicityClaim(compiled, columns, lookup.multiplicities));
  proveOpening(kernels, ch, pads, { parameters, groups, own }, claims);
  provePads(kernels, ch, committedPads, pads.ledger.finish(), false);

  function products(): Claim[] {
    const { ledger } = pads;
    const { constant, linear, segments } = expandClaims(quintic, joined.claims);
    const rest = algebra.sub(joined.value, algebra.constant(constant));
    if (compiled.productVars === undefined) return [claimOf(algebra, compiled, columns, linear, rest)];
    const placement = placeSegments(segments);
    return kernels.memory.scope(() => {
      const vectors = productVectors(kernels, compiled, cells, placement);
      const sum = kernels.kDot(vectors[0].words, vectors[1].words);
      const told = lie.total?.(sum, ch.seen) ?? sum;
      const total = algebra.value(pads.send(ch, 'product/sum', [told])[0] as MaskedValue);
      const oracle = productOracle(kernels, vectors);
      const { point, claim } = proveSumcheck(pads, ch, 'product', placement.numVars, total, oracle);
      const [trueA, trueB] = oracle.values();
      // A false sum is off by the product of the rounds' challenges at the end.
      const off = ch.seen
        .exts('product/r')
        .reduce((gap: Ext, r) => quintic.mul(gap, r), quintic.sub(told, sum));
      const ends = lie.ends?.(trueA, trueB, off) ?? [trueA, trueB];
      const [a, b] = pads.send(ch, 'product/values', ends) as [MaskedValue, MaskedValue];
      ledger.assertZero(algebra.sub(claim, ledger.multiply(a, b)));
      const { first, second } = productEnd(quintic, placement, point);
      return [
        claimOf(algebra, compiled, columns, linear, algebra.sub(rest, total)),
        claimOf(algebra, compiled, columns, first, algebra.value(a)),
        claimOf(algebra, compiled, columns, second, algebra.value(b)),
      ];
    });
  }
}

/** Kernels whose field takes the sum of every balance for zero: the prover's own look at its roots, one question a tree before. */
function blind(kernels: Kernels, { trees, program }: LoadedLookups): Kernels {
  let asked = 0;
  const isZero = (x: Ext): boolean => {
    const at = asked++ - trees.length;
    return (at >= 0 && at < program.balances.length) || quintic.isZero(x);
  };
  return { ...kernels, ext: { ...kernels.ext, isZero } };
}

/** How often each row is looked up; of equal rows the first. Tuples that are none are left out. */
function countRows(table: LookupTable, sources: readonly (readonly Uint32Array[])[]): Uint32Array {
  const word = (c: number, row: number): number => {
    const column = table.columns[c]!;
    return column.kind === 'range' ? column.first + row : column.values[row]!;
  };
  const rows = new Map<string, number>();
  for (let row = table.rows - 1; row >= 0; row--)
    rows.set(table.columns.map((_, c) => word(c, row)).join(), row);
  const counts = new Uint32Array(table.rows);
  for (const columns of sources) {
    columns[0]!.forEach((_, i) => {
      const row = rows.get(columns.map((column) => column[i]).join());
      if (row !== undefined) counts[row]!++;
    });
  }
  return counts;
}

/** A cell of F moved. */
export function moved(counts: Uint32Array, row: number, by: number): void {
  counts[row] = quintic.base.add(counts[row] as Fe, quintic.base.fromInt(by));
}
