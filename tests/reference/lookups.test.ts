/**
 * The lookup argument of the twin against that of src/: layout, digests, the same equations, and the same relations broken by
 * messages that were changed or made by a liar. (As parts of whole proofs: differential.test.ts.)
 */
import { describe, expect, test } from 'vitest';
import type { Algebra } from '../../reference/algebra.ts';
import { finish, openChannel } from '../../reference/channel.ts';
import * as twinProgram from '../../reference/lookup-program.ts';
import { verifyLookups, type LeafEquation, type LookupEquations } from '../../reference/lookups.ts';
import { difference, constant, indexOf, mustVanish, openBook, type Book } from '../../reference/pads.ts';
import { extension } from '../../reference/algebra.ts';
import type { ExtensionField } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { lookupProgramDigest } from '../../src/tlookup/digest.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import { loadLookups, type LookupProgram } from '../../src/tlookup/shape.ts';
import { TOY_FIELDS } from '../support/ext.ts';
import { balanceOf, exampleOf, exampleTable } from '../support/lookup-programs.ts';
import { denseRun, firstSeed, honestRun, lookupDomain, violations, type Run } from '../support/lookups.ts';
import { twinExt, twinField, twinProgram as toTwin } from '../support/twin.ts';
import { generator } from '../support/words.ts';

const F97 = TOY_FIELDS[1]!;

/** A program drawn from a seed: 1 to 4 balances, sizes around powers of two. */
function randomProgram({ base }: ExtensionField, seed: number): LookupProgram {
  const next = generator(seed);
  const pick = (of: readonly number[]): number => of[next() % of.length] as number;
  const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17].slice(0, 2 + (next() % 10));
  const tables = sizes.map((rows, t) => exampleTable(base, 2 * t + 1, rows, 1 + (t % 4), t % 3 === 0));
  const source = (): readonly [number, number] => [next() % tables.length, pick([1, 2, 3, 5, 8, 9, 15, 17])];
  const balances = Array.from({ length: 1 + (next() % 4) }, () =>
    balanceOf(...Array.from({ length: 1 + (next() % 3) }, source)),
  );
  return { tables, balances };
}

/** What the twin finds wrong, named as `violations` names it. */
function twinViolations(
  field: ExtensionField,
  program: LookupProgram,
  witnesses: readonly BalanceWitness[],
  { proof, h }: Run,
  seed: number,
): (number | string)[] {
  const K = twinField(field);
  const { protocol, kind, formatVersion, parametersDigest, statementDigest } = lookupDomain(field, seed);
  const digests = { parametersDigest, statementDigest };
  const domain = { protocol, kind, formatVersion: BigInt(formatVersion), field: K.field, ...digests };
  const ch = openChannel(K, domain, proof);
  const book = openBook(K);
  const left = verifyLookups(ch, book, toTwin(program));
  finish(ch);
  closeEquations(K, book, left, witnesses);
  const pads = h.map(twinExt);
  return book.forms.flatMap((form, i) => {
    const terms = [...form.pads].map(([pad, c]) => K.mul(c, pads[indexOf(book, pad)]!));
    if (K.equal(K.sum([form.constant, ...terms]), K.zero)) return [];
    if (i === book.forms.length - 2) return ['columns'];
    return [i === book.forms.length - 1 ? 'multiplicities' : i];
  });
}

/** The two equations on the true columns. */
function closeEquations(
  K: Algebra,
  book: Book,
  { columns, multiplicities }: LookupEquations,
  witnesses: readonly BalanceWitness[],
): void {
  const apply = (
    { parts, value }: LeafEquation,
    of: (part: LeafEquation['parts'][number]) => Uint32Array,
  ) => {
    const sum = parts.map((part) => {
      const cells = of(part).subarray(part.first, part.first + 2 ** part.point.length);
      const values = Array.from(cells, (x) => K.from(x));
      return K.mul(part.coefficient, extension(K, values, part.point));
    });
    mustVanish(book, difference(K, value, constant(K.sum(sum))));
  };
  apply(columns, ({ balance, index, column }) => witnesses[balance]!.sources[index]![column]!);
  apply(multiplicities, ({ balance, index }) => witnesses[balance]!.multiplicities[index]!);
}

describe.each([F97, quintic])('over F_$base.modulus^$degree', (field) => {
  const kernels = referenceKernels(field);
  const programs = field === quintic ? 5 : 12;

  test(`${programs} programs: layout, digest, honest proofs`, () => {
    for (let seed = 1; seed <= programs; seed++) {
      const program = randomProgram(field, seed);
      const lookups = loadLookups(field.base, program);
      const twin = toTwin(program);
      twinProgram.checkProgram(BigInt(field.base.modulus), twin);
      const layout = lookups.trees.map(({ balance, depth, blocks }) => ({ balance, depth, blocks }));
      expect([seed, twinProgram.treesOf(twin)]).toEqual([seed, layout]);
      expect(twinProgram.lookupProgramDigest(twin)).toEqual(new Uint8Array(lookupProgramDigest(lookups)));
      const { witnesses } = exampleOf(field.base, program, seed);
      firstSeed(100 * seed, (s) => {
        const made = honestRun(kernels, lookups, witnesses, s);
        expect([seed, twinViolations(field, program, witnesses, made, s)]).toEqual([seed, []]);
      });
    }
  });

  test('changed messages and lies break the same relations', () => {
    const next = generator(5);
    const broken = new Set<string>();
    for (let seed = 1; seed <= programs; seed++) {
      const program = randomProgram(field, 50 + seed);
      const { lookups, witnesses } = exampleOf(field.base, program, seed);
      const compare = (made: Run, s: number): void => {
        const ours = violations(field, lookups, witnesses, made, s);
        expect([seed, twinViolations(field, program, witnesses, made, s)]).toEqual([seed, ours]);
        ours.forEach((what) => broken.add(typeof what === 'number' ? 'relation' : what));
      };
      firstSeed(100 * seed, (s) => {
        // One word of the proof, the first limb of a message.
        const { proof, h } = honestRun(kernels, lookups, witnesses, s);
        const at = 4 * field.degree * (next() % (proof.length / (4 * field.degree)));
        const view = new DataView(proof.slice().buffer);
        view.setUint32(at, (view.getUint32(at, true) + 1) % field.base.modulus, true);
        compare({ proof: new Uint8Array(view.buffer), h }, s);
      });
      // A prover that moves one message, whatever it is, and goes on from there.
      let left = next() % 20;
      const lie = denseRun(field, lookups, witnesses, seed, (_, honest) =>
        left-- === 0 ? honest.map((x, i) => (i === 0 ? field.add(x, field.one) : x)) : honest,
      );
      compare(lie, seed);
      // Columns that are not looked up: a wrong multiplicity, a wrong cell.
      const wrong = witnesses.map(({ sources, multiplicities }) => ({
        sources: sources.map((columns) => columns.map((column) => column.slice())),
        multiplicities: multiplicities.map((counts) => counts.slice()),
      }));
      if (seed % 2 === 0) wrong[0]!.multiplicities[0]![0]! += 1;
      else wrong[0]!.sources[0]![0]![0] = 1; // tables begin with 3
      const made = denseRun(field, lookups, wrong, seed);
      const ours = violations(field, lookups, wrong, made, seed);
      expect([seed, twinViolations(field, program, wrong, made, seed)]).toEqual([seed, ours]);
      const onTrue = violations(field, lookups, witnesses, made, seed);
      expect([seed, twinViolations(field, program, witnesses, made, seed)]).toEqual([seed, onTrue]);
      onTrue.forEach((what) => broken.add(typeof what === 'number' ? 'relation' : what));
    }
    expect([...broken].sort()).toEqual(['columns', 'multiplicities', 'relation']);
  });
});
