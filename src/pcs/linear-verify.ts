/** Verifies a linear opening from statement and bytes. Never throws for any bytes. */
import { ProofError } from '../errors/proof-error.ts';
import type { ExtensionField } from '../field/field.ts';
import { affineAlgebra } from '../pads/affine.ts';
import { createPadLedger } from '../pads/ledger.ts';
import { verifyPadProof } from '../pads/proof-verify.ts';
import { checkParameters } from '../params/check.ts';
import { checkProofBytes } from '../transcript/reader.ts';
import { verifierChannel, type VerifierChannel } from '../transcript/verifier.ts';
import type { Observer } from '../transcript/transcript.ts';
import {
  checkLinearStatement,
  linearDomain,
  linearInstance,
  linearPlan,
  ownColumns,
  type LinearStatement,
} from './linear-statement.ts';
import { verifyOpening } from './open-verify.ts';

/** The answer of every verifier of this library. */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly stage: string; readonly detail: string };

/**
 * Whether a proof convinces of a statement.
 *
 * @param statement what is claimed; malformed statements are a programmer's mistake
 * @param proof any bytes
 * @throws RangeError for a malformed statement, TypeError for a proof that is no Uint8Array, nothing for any bytes
 */
export function verifyLinear(
  field: ExtensionField,
  statement: LinearStatement,
  proof: Uint8Array,
  observer?: Observer,
): Verdict {
  checkLinearStatement(field, statement);
  checkProofBytes(proof);
  return verdictOf(() => {
    checkParameters(statement.parameters, linearInstance(statement));
    const ch = verifierChannel(linearDomain(field, statement), proof, observer);
    verifyLinearBody(ch, statement);
    ch.finish();
  });
}

/** The protocol behind the statement: for parameters that the caller has checked. */
export function verifyLinearBody(ch: VerifierChannel, statement: LinearStatement): void {
  const algebra = affineAlgebra(ch.field);
  const ledger = createPadLedger(algebra, linearPlan(statement));
  const ownRoot = ch.readDigest('root/AM');
  const padRoot = ch.readDigest('root/PAD');
  const claims = statement.claims.map(({ weight, value }) => ({ weight, value: algebra.constant(value) }));
  verifyOpening(ch, ledger, { ...statement, ownColumns: ownColumns(statement), ownRoot }, claims);
  verifyPadProof(ch, statement.parameters.pads, padRoot, ledger.finish());
}

/** Runs a verifier: a refusal is a value, and so is any other error, which no bytes should be able to cause. */
export function verdictOf(verify: () => void): Verdict {
  try {
    verify();
    return { ok: true };
  } catch (error) {
    if (error instanceof ProofError) {
      return { ok: false, code: error.code, stage: error.stage, detail: error.detail };
    }
    return { ok: false, code: 'INTERNAL', stage: 'verify', detail: 'an error that no proof should cause' };
  }
}
