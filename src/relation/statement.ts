/** The statement of a proof of a program: the program with its public values, the committed groups, the context. */
import { refuse } from '../errors/proof-error.ts';
import type { Parameters } from '../params/parameters.ts';
import { checkCap, checkField, domainOf, groupDigest } from '../pcs/linear-statement.ts';
import { checkIdentity, type CommittedGroup } from '../pcs/opening.ts';
import type { Domain, StatementLeaf } from '../transcript/statement.ts';
import type { CompiledProgram } from './compile.ts';
import { programDigest } from './digest.ts';
import { columnsOf, type Layout } from './layout.ts';

export const PROGRAM_KIND = 'program';

export interface ProgramStatement {
  readonly parameters: Parameters;
  /** Checked and compiled by whoever states it: prover and verifier each for themselves. */
  readonly compiled: CompiledProgram;
  /** The groups that hold the static tensors, in the program's order. */
  readonly groups: readonly CommittedGroup[];
  /** Anything the parties agree on: a request id, a date, a purpose. */
  readonly context: Uint8Array;
}

/** @throws RangeError naming what is wrong with the caller's statement */
export function checkProgramStatement({ parameters, compiled, groups }: ProgramStatement): void {
  checkField(compiled.field, parameters);
  if (groups.length !== compiled.groups.length) {
    throw new RangeError(`groups: expected ${compiled.groups.length}, got ${groups.length}`);
  }
  groups.forEach((group, i) => {
    checkIdentity(group);
    checkCap(parameters, group);
    const columns = columnsOf(compiled.groups[i] as Layout, parameters.code.logData);
    if (group.columns !== columns) {
      throw new RangeError(
        `groups[${i}]: columns: expected ${columns} for this program, got ${group.columns}`,
      );
    }
  });
}

/** A statement that came as bytes: what is wrong with it is a refusal. @throws ProofError `STATEMENT` */
export function requireProgramStatement(statement: ProgramStatement, stage: string): void {
  try {
    checkProgramStatement(statement);
  } catch (error) {
    if (error instanceof RangeError) refuse('STATEMENT', stage, error.message);
    throw error;
  }
}

/** What is absorbed before the first message. */
export function programDomain({ parameters, compiled, groups, context }: ProgramStatement): Domain {
  const leaves: StatementLeaf[] = [
    { label: 'program', type: 'digest', value: programDigest(compiled.field.base, compiled.program) },
    ...groups.map((group, i): StatementLeaf => {
      return { label: `group-${i}`, type: 'digest', value: groupDigest(group, parameters) };
    }),
    { label: 'context', type: 'bytes', value: context },
  ];
  return domainOf(PROGRAM_KIND, compiled.field, parameters, leaves);
}
