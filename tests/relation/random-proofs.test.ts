/**
 * Random programs proven and verified: every form of the generator, less a tensor that holds its values, is looked up or vanishes. The
 * prover folds, masks and gathers by kernels what the verifier evaluates from the claims. One cell off, and nobody accepts.
 */
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { S128 } from '../../src/params/profile.ts';
import { checkStructure } from '../../src/relation/check.ts';
import { evaluateForm, valuesOf } from '../../src/relation/check-witness.ts';
import { formsOf } from '../../src/relation/form.ts';
import { proveProgram, proveProgramBody } from '../../src/relation/prove.ts';
import type { Index, Program, Relation, Tensor, Term } from '../../src/relation/program.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { rangeTable, read, times } from '../support/example-programs.ts';
import { codeOf, testSource } from '../support/linear.ts';
import { programFixture } from '../support/programs.ts';
import { randomProgram } from '../support/random-programs.ts';
import { caseOf } from '../support/soundness/program-fixtures.ts';

const kernels = await wasmKernels({ threads: 1 });
afterAll(() => kernels.close());
const { base } = quintic;

/** The program with an output for every form, and cells that satisfy it. Some outputs are all that a form is. */
function satisfied(program: Program): { program: Program; cells: Map<string, number[]> } {
  const cells = new Map<string, number[]>();
  for (const { kind, name, shape } of program.tensors) {
    if (kind === 'public') continue;
    const count = shape.reduce((a, b) => a * b, 1);
    cells.set(
      name,
      Array.from({ length: count }, (_, i) => ((i * i * 13 + i * 5 + 1) % 97) - 48),
    );
  }
  const values = valuesOf(base, program, cells);
  const outputs: Tensor[] = [];
  const relations = program.relations.map((relation, r): Relation => {
    const forms = formsOf(relation).map((terms, f): Term[] => {
      const name = `out${r}.${f}`;
      const indices: readonly Index[] = relation.indices.length > 0 ? relation.indices : [];
      outputs.push({ kind: 'witness', name, shape: indices.length > 0 ? outer(indices) : [1] });
      const offset = relation.kind === 'lookup' ? f : 0;
      const own = evaluateForm(base, values, relation.indices, terms);
      cells.set(name, own.map((x, i) => base.toBalanced(base.sub(x, base.fromInt(offset + (relation.kind === 'lookup' ? i % 3 : 0)))))); // prettier-ignore
      return [...terms, times(-1, [output(name, indices)])];
    });
    return relation.kind === 'lookup' ? { ...relation, entries: forms } : { ...relation, terms: forms[0]! };
  });
  const table = { ...program.tables[0]!, rows: 3 };
  return {
    program: { ...program, tables: [table], tensors: [...program.tensors, ...outputs], relations },
    cells,
  };
}

const outer = (indices: readonly Index[]): number[] => indices.map(({ size }) => size);
const output = (name: string, indices: readonly Index[]) =>
  indices.length > 0 ? read(name, ...indices.map((index) => index.name)) : read(name, 0);

test('random programs are proven, and refused with a cell of any output off by one', () => {
  expect(rangeTable('t', 3).rows).toBe(3);
  const seen = { lookups: 0, zeros: 0, products: 0 };
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const { program, cells } = satisfied(randomProgram(gen));
      checkStructure(base, program);
      const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), caseOf(program, cells));
      const { statement, groups, witness } = fixture;
      seen.lookups += program.relations.filter(({ kind }) => kind === 'lookup').length;
      seen.zeros += statement.compiled.zeros.length;
      seen.products += statement.compiled.productVars === undefined ? 0 : 1;
      const proof = proveProgram(kernels, statement, groups, testSource(quintic, 5), witness);
      expect(verifyProgram(statement, proof)).toEqual({ ok: true });
      // Of a relation that vanishes: a lookup with another value has no counts.
      const at = program.relations.findIndex(({ kind }) => kind === 'zero');
      if (at < 0) return;
      const name = `out${at}.0`;
      const wrong = witness.tensors.get(name)!.slice();
      wrong[wrong.length - 1]! += 1;
      const tensors = new Map([...witness.tensors, [name, wrong]]);
      const ch = proverChannel(programDomain(statement));
      kernels.memory.scope(() =>
        proveProgramBody(kernels, ch, statement, groups, testSource(quintic, 6), { tensors }, false),
      );
      expect(verifyProgram(statement, ch.finish())).toMatchObject({ ok: false, code: 'PAD_LINEAR' });
    }),
    {
      seed: Number(process.env['SEED'] ?? 3),
      numRuns: Number(process.env['RUNS'] ?? 10),
      endOnFailure: true,
    },
  );
  for (const [what, count] of Object.entries(seen)) expect([what, count > 2]).toEqual([what, true]);
}, 300_000);
