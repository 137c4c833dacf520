/**
 * Proofs of programs: the verifier. spec/program-proofs.md section 5.
 *
 *   P -> V   root of witness, multiplicities and mask; root of the pads
 *   lookups  LogUp-GKR over all balances                                    -> two equations
 *   V -> P   z, batch: relations that vanish join the equation of the lookups at a random point
 *   P -> V   the sum of all products, masked
 *   product  padded sumcheck of A B                                         -> point r
 *   P -> V   A~(r), B~(r), masked
 *   opening  claims: the equation without its products; multiplicities; A~(r); B~(r)
 *   pads     proof that all affine relations and products hold
 */
import { affineAlgebra, type MaskedValue } from '../pads/affine.ts';
import { createPadLedger, type PadLedger } from '../pads/ledger.ts';
import { verifyPadProof } from '../pads/proof-verify.ts';
import { receive, verifySumcheck } from '../pads/sumcheck-verify.ts';
import { checkParameters } from '../params/check.ts';
import { verdictOf, type Verdict } from '../pcs/linear-verify.ts';
import type { EvaluatedClaim } from '../pcs/opening.ts';
import { verifyOpening } from '../pcs/open-verify.ts';
import { verifyLookups } from '../tlookup/verify.ts';
import { checkProofBytes } from '../transcript/reader.ts';
import type { Observer } from '../transcript/transcript.ts';
import { verifierChannel, type VerifierChannel } from '../transcript/verifier.ts';
import { columnsOfProgram, joinClaims, type Columns, type JoinedClaims } from './arguments.ts';
import { evaluatedClaimOf, evaluatedMultiplicities } from './evaluate-claims.ts';
import { expandClaims } from './expand.ts';
import { columnsOf } from './layout.ts';
import { programInstance, programPlan } from './plan.ts';
import { placeSegments, productEnd } from './product.ts';
import { checkProgramStatement, programDomain, type ProgramStatement } from './statement.ts';

/**
 * Whether a proof convinces of a statement.
 *
 * @param statement of a program that the caller has checked and compiled, and whose public tensors with a `source` he has computed himself (for
 *   programs that arrive: `verifyProgramClaim`); malformed statements are a programmer's mistake
 * @param proof any bytes
 * @throws RangeError for a malformed statement, TypeError for a proof that is no Uint8Array, nothing for any bytes
 */
export function verifyProgram(statement: ProgramStatement, proof: Uint8Array, observer?: Observer): Verdict {
  checkProgramStatement(statement);
  checkProofBytes(proof);
  const { compiled, groups, parameters } = statement;
  return verdictOf(() => {
    checkParameters(parameters, programInstance(compiled, groups, parameters.code.logData));
    const ch = verifierChannel(programDomain(statement), proof, observer);
    verifyProgramBody(ch, statement);
    ch.finish();
  });
}

/** The protocol behind the statement: for parameters that the caller has checked. */
export function verifyProgramBody(ch: VerifierChannel, statement: ProgramStatement): void {
  const { compiled, parameters, groups } = statement;
  const columns = columnsOfProgram(compiled, parameters.code.logData);
  const algebra = affineAlgebra(ch.field);
  const ledger = createPadLedger(algebra, programPlan(compiled, parameters, columns.count));
  const ownRoot = ch.readDigest('root/AM');
  const padRoot = ch.readDigest('root/PAD');
  const lookup =
    compiled.lookups === undefined ? undefined : verifyLookups(ledger, ch, compiled.lookups.lookups);
  const joined = joinClaims(algebra, ch, compiled, lookup);
  const claims = verifyProducts(ch, ledger, statement, columns, joined);
  if (lookup !== undefined) claims.push(evaluatedMultiplicities(compiled, columns, lookup.multiplicities));
  const ownColumns = columnsOf(compiled.own, columns.logData);
  verifyOpening(ch, ledger, { parameters, groups, ownColumns, ownRoot }, claims);
  verifyPadProof(ch, parameters.pads, padRoot, ledger.finish());
}

/** The claims that the equation comes to, products taken apart. */
function verifyProducts(
  ch: VerifierChannel,
  ledger: PadLedger,
  { compiled }: ProgramStatement,
  columns: Columns,
  joined: JoinedClaims,
): EvaluatedClaim[] {
  const { field } = ch;
  const { algebra } = ledger;
  const { constant, linear, segments } = expandClaims(field, joined.claims);
  const rest = algebra.sub(joined.value, algebra.constant(constant));
  if (compiled.productVars === undefined) return [evaluatedClaimOf(algebra, compiled, columns, linear, rest)];
  const placement = placeSegments(segments, compiled.productVars);
  const total = algebra.value(receive(ledger, ch, 'product/sum', 1)[0] as MaskedValue);
  const { point, claim } = verifySumcheck(ledger, ch, 'product', compiled.productVars, total);
  const [a, b] = receive(ledger, ch, 'product/values', 2) as [MaskedValue, MaskedValue];
  ledger.assertZero(algebra.sub(claim, ledger.multiply(a, b)));
  const { first, second } = productEnd(field, placement, point);
  return [
    evaluatedClaimOf(algebra, compiled, columns, linear, algebra.sub(rest, total)),
    evaluatedClaimOf(algebra, compiled, columns, first, algebra.value(a)),
    evaluatedClaimOf(algebra, compiled, columns, second, algebra.value(b)),
  ];
}
