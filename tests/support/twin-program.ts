/** Programs of relations for the reference twin, and both verdicts on one proof. */
import { compile } from '../../reference/compiled.ts';
import { cellNumber, positionsOf } from '../../reference/layout.ts';
import { verifyProgram } from '../../reference/programs.ts';
import type { Program as TwinProgram } from '../../reference/program.ts';
import type { CompiledProgram } from '../../src/relation/compile.ts';
import type { Layout } from '../../src/relation/layout.ts';
import type { Program } from '../../src/relation/program.ts';
import { programInstance } from '../../src/relation/plan.ts';
import { checkProgramStatement, programDomain, type ProgramStatement } from '../../src/relation/statement.ts';
import { verifyProgramBody } from '../../src/relation/verify.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import type { Observer } from '../../src/transcript/transcript.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import { testSource } from './linear.ts';
import type { ProgramFixture } from './programs.ts';
import { checkAny, twinField, twinGate, twinTables, wordOf } from './twin.ts';

/** The same records, tables in bigints. */
export function twinRelations(program: Program): TwinProgram {
  const columns = twinTables(program.tables);
  return { ...program, tables: program.tables.map((table, t) => ({ ...table, columns: columns[t]! })) };
}

/** Addresses of all cells, row-major, from the blocks of src/. */
function addressesOf({ tensors }: Layout, shapes: readonly (readonly number[])[]): number[][] {
  return tensors.map((blocks, t) => {
    const addresses: number[] = [];
    for (const { block, address } of blocks) {
      const pieces = block.pieces.map(({ offset, bits }) => ({ first: offset, bits }));
      positionsOf(pieces).forEach((position, c) => {
        addresses[cellNumber(shapes[t]!, position)] = address + c;
      });
    }
    return addresses;
  });
}

/** What src/ computes from a program before any challenge, in the words of the twin. */
export function structureOf({ program, lookups, groups, own, multiplicities }: CompiledProgram): unknown {
  const shapesOf = (group: number | undefined): (readonly number[])[] =>
    program.tensors
      .filter((tensor) =>
        group === undefined
          ? tensor.kind === 'witness'
          : tensor.kind === 'static' && (tensor.group ?? 0) === group,
      )
      .map(({ shape }) => shape);
  const balances = lookups?.lookups.program.balances ?? [];
  const counts = balances.flatMap(({ tables }) => tables.map((t) => [program.tables[t]!.rows]));
  return {
    balances,
    groups: groups.map((layout, g) => addressesOf(layout, shapesOf(g))),
    own: addressesOf(own, [...shapesOf(undefined), ...counts]),
    multiplicities,
  };
}

/** The same of the twin. */
export function twinStructureOf(program: Program): unknown {
  const { lookups, groups, own, multiplicities } = compile(twinRelations(program));
  return {
    balances: lookups?.balances ?? [],
    groups: groups.map(({ addresses }) => addresses),
    own: own.addresses,
    multiplicities: multiplicities.map(([first]) => first),
  };
}

/** The verdict of src/ on a program that its checks accept, for toys as well. */
export function programWord(statement: ProgramStatement, proof: Uint8Array, observer?: Observer): string {
  return wordOf(() => {
    checkProgramStatement(statement);
    const { compiled, parameters, groups } = statement;
    return verdictOf(() => {
      checkAny(parameters, programInstance(compiled, groups, parameters.code.logData));
      const ch = verifierChannel(programDomain(statement), proof, observer);
      verifyProgramBody(ch, statement);
      ch.finish();
    });
  });
}

export function twinProgramWord(statement: ProgramStatement, proof: Uint8Array): string {
  const { compiled, parameters, groups, context } = statement;
  const twin = { parameters, program: twinRelations(compiled.program), groups, context };
  return wordOf(() => verifyProgram(twinField(compiled.field), twin, proof, twinGate));
}

/** Proofs of a committed program, each with masks of its own. */
export function proofsOf(kernels: Kernels, fixture: ProgramFixture, count: number): Uint8Array[] {
  const { statement, groups, witness } = fixture;
  return Array.from({ length: count }, (_, key) =>
    proveProgram(kernels, statement, groups, testSource(kernels.ext, 5 + key), witness),
  );
}
