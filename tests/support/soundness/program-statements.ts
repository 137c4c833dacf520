/** Statements of programs as they are stored: without what follows from them. */
import { quintic } from '../../../src/field/quintic.ts';
import { encodeParameters } from '../../../src/params/encoding.ts';
import type { Parameters } from '../../../src/params/parameters.ts';
import type { Verdict } from '../../../src/pcs/linear-verify.ts';
import type { CommittedGroup } from '../../../src/pcs/opening.ts';
import { compileProgram, type CompiledProgram } from '../../../src/relation/compile.ts';
import type { Program } from '../../../src/relation/program.ts';
import { programDomain, type ProgramStatement } from '../../../src/relation/statement.ts';
import { verifyProgramClaim } from '../../../src/relation/verify-program.ts';
import { verifyProgram } from '../../../src/relation/verify.ts';
import type { Domain } from '../../../src/transcript/statement.ts';
import type { Observer, TranscriptEvent } from '../../../src/transcript/transcript.ts';

export interface StoredProgram {
  readonly parameters: Parameters;
  readonly program: Program;
  readonly groups: readonly CommittedGroup[];
  readonly context: Uint8Array;
}

const known = new WeakMap<Program, CompiledProgram>();

export function statementOf({ program, ...rest }: StoredProgram): ProgramStatement {
  const compiled = known.get(program) ?? compileProgram(quintic, program);
  known.set(program, compiled);
  return { ...rest, compiled };
}

/** With a compiled program: what a verifier does that has checked it once. */
export function verifyStored(stored: StoredProgram, proof: Uint8Array, observer?: Observer): Verdict {
  return verifyProgram(statementOf(stored), proof, observer);
}

/** From bytes and data, as they arrive. */
export function verifyClaim({ parameters, ...rest }: StoredProgram, proof: Uint8Array): Verdict {
  return verifyProgramClaim(proof, { ...rest, field: quintic, parameters: encodeParameters(parameters) });
}

export function domainOfProgram(stored: StoredProgram): Domain {
  return programDomain(statementOf(stored));
}

export function programLog(stored: StoredProgram, proof: Uint8Array): TranscriptEvent[] {
  const events: TranscriptEvent[] = [];
  verifyStored(stored, proof, (event) => events.push(event));
  return events;
}
