/**
 * The whole check of a proof of a program by somebody who trusts nobody: the program itself is looked at first, what it claims about
 * integers too. A proof is about residues; without that check a claimed range is a word, and a quotient any of two.
 */
import type { ExtensionField } from '../field/field.ts';
import { decodeParameters } from '../params/encoding.ts';
import { verdictOf, type Verdict } from '../pcs/linear-verify.ts';
import type { CommittedGroup } from '../pcs/opening.ts';
import { refuse } from '../errors/proof-error.ts';
import { checkProgram } from './check.ts';
import { compileProgram } from './compile.ts';
import type { Program } from './program.ts';
import { requireProgramStatement, type ProgramStatement } from './statement.ts';
import { verifyProgram } from './verify.ts';

/** What a proof of a program is about, as it arrives. */
export interface ProgramClaim {
  readonly field: ExtensionField;
  /** Bytes of the parameters. */
  readonly parameters: Uint8Array;
  /** With all public tensors. */
  readonly program: Program;
  /** The committed groups that hold the static tensors, in the program's order. */
  readonly groups: readonly CommittedGroup[];
  readonly context: Uint8Array;
}

/**
 * Whether a proof convinces of a claim. Never throws, whatever it is given.
 *
 * @example
 * const verdict = verifyProgramClaim(proof, { field: quintic, parameters, program, groups, context });
 * if (!verdict.ok) console.error(verdict.code, verdict.stage, verdict.detail);
 */
export function verifyProgramClaim(proof: Uint8Array, claim: ProgramClaim): Verdict {
  let verdict: Verdict | undefined;
  const checked = verdictOf(() => {
    if (!(proof instanceof Uint8Array)) refuse('STATEMENT', 'proof', 'expected bytes, got something else');
    verdict = verifyProgram(statementOf(claim), proof);
  });
  return checked.ok ? (verdict as Verdict) : checked;
}

/**
 * @throws ProofError `PROGRAM_*`, `LOOKUP_*`, what parameters refuse; `STATEMENT` for values that no digest holds, and groups that do not fit
 */
function statementOf({ field, parameters, program, groups, context }: ProgramClaim): ProgramStatement {
  checkProgram(field.base, program);
  refuseSources(program);
  const compiled = compileProgram(field, program);
  const statement = { parameters: decodeParameters(parameters), compiled, groups, context };
  requireProgramStatement(statement, 'statement');
  return statement;
}

/**
 * A source stands in the digest for values that whoever states a program makes from it. Of a program that arrives nobody made them: they could
 * have been chosen behind the challenges, so that they fit.
 */
function refuseSources({ tensors }: Program): void {
  const named = tensors.find((tensor) => tensor.kind === 'public' && tensor.source !== undefined);
  if (named === undefined) return;
  const what = 'source: expected values that are digested; a program that arrives cannot name them otherwise';
  refuse('STATEMENT', `tensor ${named.name}`, what);
}
