/**
 * From claims to openings, by definition: for random programs and random challenges the constants, the weights on committed columns, the
 * values on public tensors and the products add up to what the claims of lookups and of vanishing relations say, whatever lies in
 * cells of no tensor; and the two claims that end the products are the extensions of the vectors that were multiplied. What a verifier
 * evaluates of a claim is the extension of what is written out for provers, column by column.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { affineAlgebra } from '../../src/pads/affine.ts';
import type { Claim, EvaluatedClaim } from '../../src/pcs/opening.ts';
import { evaluateWeight } from '../../src/pcs/weight.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { claimOf, columnsOfProgram, multiplicityClaim, type Columns } from '../../src/relation/arguments.ts';
import { checkStructure } from '../../src/relation/check.ts';
import { evaluateForm, valuesOf, type Cells } from '../../src/relation/check-witness.ts';
import { lookupClaims, zeroClaims, type FormClaim } from '../../src/relation/claims.ts';
import { compileProgram, type CompiledProgram } from '../../src/relation/compile.ts';
import { evaluatedClaimOf, evaluatedMultiplicities } from '../../src/relation/evaluate-claims.ts';
import { expandClaims } from '../../src/relation/expand.ts';
import { formsOf } from '../../src/relation/form.ts';
import { placeSegments, productEnd } from '../../src/relation/product.ts';
import type { Program } from '../../src/relation/program.ts';
import type { TensorWeight } from '../../src/relation/view.ts';
import type { ColumnPart } from '../../src/tlookup/leaf-claim.ts';
import {
  blockCells,
  expansion,
  extensionAt,
  placedCells,
  rowMajor,
  zeroExtendedAt,
} from '../support/clear-claims.ts';
import { applyWeight } from '../support/linear.ts';
import { randomProgram } from '../support/random-programs.ts';
import { generator } from '../support/words.ts';

/** Small enough to be quick, large enough for as many lookups as a random program has. */
const field = extensionField(primeField(65_537), [-3, 0]);
const { base } = field;
const algebra = affineAlgebra(field);

/** A value of everything, and the columns that hold it. */
interface Setting {
  readonly compiled: CompiledProgram;
  readonly values: ReadonlyMap<string, Cells>;
  readonly multiplicities: readonly (readonly { readonly rows: number; readonly cells: readonly Fe[] }[])[];
  readonly columns: Columns;
  readonly cells: Int32Array;
}

function settingOf(program: Program, logData: number, word: () => number): Setting {
  const compiled = compileProgram(field, program);
  const fe = (): Fe => base.fe(word() % base.modulus);
  const many = (count: number): Fe[] => Array.from({ length: count }, fe);
  const given = new Map<string, Fe[]>();
  for (const { kind, name, shape } of program.tensors) {
    if (kind !== 'public') given.set(name, many(shape.reduce((a, b) => a * b, 1)));
  }
  const values = valuesOf(base, program, given);
  const groups: Cells[][] = [];
  const own: Cells[] = [];
  for (const tensor of program.tensors) {
    if (tensor.kind === 'static') (groups[tensor.group ?? 0] ??= []).push(values.get(tensor.name)!);
    if (tensor.kind === 'witness') own.push(values.get(tensor.name)!);
  }
  const balances = compiled.lookups?.lookups.program.balances ?? [];
  const multiplicities = balances.map(({ tables }) =>
    tables.map((t) => ({ rows: program.tables[t]!.rows, cells: many(program.tables[t]!.rows) })),
  );
  own.push(...multiplicities.flat().map(({ rows, cells }) => ({ shape: [rows], cells })));
  const cells = Int32Array.from([...groups, own].flatMap((tensors) => placedCells(tensors, logData, fe)));
  return { compiled, values, multiplicities, columns: columnsOfProgram(compiled, logData), cells };
}

/** A verifier's claim against a written-out weight: one value for each column at a point, coordinates 0 and 1 among them. */
function sameAtPoint(claim: EvaluatedClaim, { weight, value }: Claim, { columns }: Setting): void {
  expect(claim.value).toEqual(value);
  const word = generator(weight.length + 1);
  const point = Array.from({ length: columns.logData }, (): Ext => {
    const ext = field.fromLimbs(field.zero.map(() => word() % base.modulus));
    return [field.zero, field.one, ext, ext, ext, ext][word() % 6]!;
  });
  const ours = claim.weightAt(point);
  const theirs = evaluateWeight(field, weight, point);
  for (let column = 0; column < columns.count; column++) {
    expect(ours.get(column) ?? field.zero).toEqual(theirs.get(column) ?? field.zero);
  }
  for (const column of ours.keys()) expect(column).toBeLessThan(columns.count);
}

/** What an opening would find for a claim of these functionals with value zero: their sum on columns, minus the value left. */
function onColumns(setting: Setting, weights: readonly TensorWeight[]): Ext {
  const { compiled, columns, cells } = setting;
  const { weight, value } = claimOf(algebra, compiled, columns, weights, algebra.zero);
  const evaluated = evaluatedClaimOf(algebra, compiled, columns, weights, algebra.zero);
  sameAtPoint(evaluated, { weight, value }, setting);
  expect(value.terms.size).toBe(0);
  return field.sub(applyWeight(field, weight, cells, columns.logData), value.constant);
}

/** The functional by its definition: a product of dense vectors. */
function onTensor({ values }: Setting, { tensor, coefficient, dimensions }: TensorWeight): Ext {
  const { shape, cells } = values.get(tensor)!;
  const dense = dimensions.map((weights, d) => {
    const out = Array.from({ length: shape[d]! }, () => field.zero);
    const put = (i: number, value: Ext): void => {
      if (i < shape[d]!) out[i] = field.add(out[i]!, value);
      else expect(field.isZero(value)).toBe(true);
    };
    for (const weight of weights) {
      if (weight.kind === 'entries') weight.entries.forEach(([i, value]) => put(i, value));
      else {
        for (let i = 0; i < 2 ** weight.pairs.length; i++) {
          put(
            weight.offset + i,
            weight.pairs.reduce((x: Ext, pair, b) => field.mul(x, pair[(i >> b) & 1]!), field.one),
          );
        }
      }
    }
    return out;
  });
  let sum = field.zero;
  cells.forEach((cell, i) => {
    let value = field.mulBase(coefficient, cell);
    let rest = i;
    for (let d = shape.length - 1; d >= 0; d--) {
      value = field.mul(value, dense[d]![rest % shape[d]!]!);
      rest = Math.floor(rest / shape[d]!);
    }
    sum = field.add(sum, value);
  });
  return sum;
}

const add = (list: readonly Ext[]): Ext => list.reduce((a, b) => field.add(a, b), field.zero);

/** Random claims in the forms in which lookups and vanishing relations leave them, and what they say. */
function claimsOf({ compiled, values }: Setting, word: () => number): { claims: FormClaim[]; value: Ext } {
  const { program } = compiled;
  const ext = (): Ext => field.fromLimbs(field.zero.map(() => word() % base.modulus));
  // Boolean coordinates are as good as any.
  const coordinate = (): Ext => [field.zero, field.one, ext(), ext()][word() % 4]!;
  const parts: ColumnPart[] = [];
  const said: Ext[] = [];
  compiled.lookups?.blocks.forEach((blocks, balance) =>
    blocks.forEach(({ relation, block }, index) => {
      const r = program.relations.find(({ name }) => name === relation.name)!;
      const shape = relation.indices.map(({ size }) => size);
      const own = blockCells(shape).find((cells) =>
        cells[0]!.every((x, d) => x === block.pieces[d]!.offset),
      )!;
      formsOf(r).forEach((terms, column) => {
        const point = Array.from({ length: block.bits }, coordinate);
        const coefficient = ext();
        parts.push({ balance, index, column, first: 0, point, coefficient });
        const all = evaluateForm(base, values, relation.indices, terms);
        const cells = own.map((at) => field.fromBase(all[rowMajor(shape, at)]!));
        expect(cells.length).toBe(2 ** block.bits);
        said.push(field.mul(coefficient, extensionAt(field, cells, point)));
      });
    }),
  );
  const zeros = program.relations.filter(({ kind }) => kind === 'zero');
  const point = Array.from({ length: compiled.zeroBits }, coordinate);
  const coefficients = zeros.map(ext);
  zeros.forEach((relation, k) => {
    const all = evaluateForm(base, values, relation.indices, formsOf(relation)[0]!);
    const sizes = relation.indices.map(({ size }) => size);
    said.push(field.mul(coefficients[k]!, zeroExtendedAt(field, sizes, all, point)));
  });
  const claims = [
    ...lookupClaims(field, compiled.lookups?.blocks ?? [], parts),
    ...zeroClaims(field, compiled.zeros, point, coefficients),
  ];
  return { claims, value: add(said) };
}

function bitsOfIndex(of: ExtensionField, index: number, count: number): Ext[] {
  return Array.from({ length: count }, (_, b) => ((index >> b) & 1 ? of.one : of.zero));
}

test('random programs over columns of 1 to 32 cells: claims, openings and products agree', () => {
  const seen = { products: 0, several: 0, wide: 0, publics: 0, masked: 0 };
  fc.assert(
    fc.property(fc.gen(), fc.nat({ max: 5 }), fc.nat(), (gen, logData, seed) => {
      const program = randomProgram(gen);
      checkStructure(base, program);
      const word = generator(seed + 1);
      const setting = settingOf(program, logData, word);
      expect(setting.cells.length).toBe(setting.columns.count * 2 ** logData);
      const { claims, value } = claimsOf(setting, word);
      const { constant, linear, segments } = expandClaims(field, claims);
      const linearSum = onColumns(setting, linear);
      expect(linearSum).toEqual(add(linear.map((one) => onTensor(setting, one))));
      seen.publics += linear.filter(
        ({ tensor }) => setting.compiled.tensors.get(tensor)!.kind === 'public',
      ).length;
      seen.wide += setting.compiled.own.tensors.flat().filter(({ block }) => block.bits > logData).length;
      seen.masked += segments.filter(({ mask }) => mask !== undefined).length;
      if (segments.length === 0) {
        expect(setting.compiled.productVars).toBeUndefined();
        expect(field.add(constant, linearSum)).toEqual(value);
        return;
      }
      const placement = placeSegments(segments);
      expect(setting.compiled.productVars).toBe(placement.numVars);
      expect(placement.live).toBe(segments.reduce((sum, { box }) => sum + 2 ** box.bits, 0));
      if (placement.numVars > 6) return;
      seen.products++;
      if (segments.length > 1) seen.several++;
      const size = 2 ** placement.numVars;
      const tables = [[], []] as [Ext[], Ext[]];
      for (let x = 0; x < size; x++) {
        const end = productEnd(field, placement, bitsOfIndex(field, x, placement.numVars));
        tables[0].push(add(end.first.map((one) => onTensor(setting, one))));
        tables[1].push(add(end.second.map((one) => onTensor(setting, one))));
        if (x >= placement.live) expect([tables[0][x], tables[1][x]]).toEqual([field.zero, field.zero]);
      }
      const products = add(tables[0].map((a, x) => field.mul(a, tables[1][x]!)));
      expect(add([constant, linearSum, products])).toEqual(value);
      const point = Array.from({ length: placement.numVars }, () =>
        field.fromLimbs(field.zero.map(() => word() % base.modulus)),
      );
      const { first, second } = productEnd(field, placement, point);
      expect(onColumns(setting, first)).toEqual(extensionAt(field, tables[0], point));
      expect(onColumns(setting, second)).toEqual(extensionAt(field, tables[1], point));
    }),
    { seed: 77, numRuns: 90, endOnFailure: true },
  );
  for (const [what, count] of Object.entries(seen)) expect([what, count > 20]).toEqual([what, true]);
}, 120_000);

test('multiplicities: every block of every table of every balance, where the layout puts it', () => {
  const tables = [5, 8, 1].map((rows, t) => ({
    name: `t${t}`,
    rows,
    columns: [{ kind: 'range' as const, first: t }],
  }));
  const program: Program = {
    tensors: [{ kind: 'witness', name: 'x', shape: [7] }],
    tables,
    virtuals: [],
    relations: tables.map(({ name }) => ({
      kind: 'lookup',
      name,
      indices: [{ name: 'i', size: 7 }],
      table: name,
      entries: [[{ coefficient: 1, views: [{ tensor: 'x', coordinates: [{ kind: 'affine', parts: [{ index: 'i', stride: 1 }], offset: 0 }] }], sums: [] }]], // prettier-ignore
    })),
  };
  const word = generator(3);
  for (const logData of [0, 1, 2, 3, 4]) {
    const setting = settingOf(program, logData, word);
    const parts: ColumnPart[] = [];
    const said: Ext[] = [];
    setting.multiplicities.forEach((list, balance) =>
      list.forEach(({ rows, cells }, index) => {
        for (const [start, end] of expansion(rows)) {
          const ext = (): Ext => field.fromLimbs(field.zero.map(() => word() % base.modulus));
          const point = Array.from({ length: Math.log2(end - start) }, ext);
          const coefficient = ext();
          parts.push({ balance, index, column: 0, first: start, point, coefficient });
          const own = cells.slice(start, end).map((x) => field.fromBase(x));
          said.push(field.mul(coefficient, extensionAt(field, own, point)));
        }
      }),
    );
    const claims = { parts, value: algebra.zero };
    const claim = multiplicityClaim(setting.compiled, setting.columns, claims);
    sameAtPoint(evaluatedMultiplicities(setting.compiled, setting.columns, claims), claim, setting);
    expect(applyWeight(field, claim.weight, setting.cells, logData)).toEqual(add(said));
  }
});
