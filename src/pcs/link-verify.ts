/**
 * Verifies a link between two epochs.
 *
 *   T0       both groups;  T1  roots of AM and PAD
 *   V -> P   r in K^m
 *   P -> V   y_l for every column, once, and y_M, masked
 *   then     the combination of both epochs' columns, y_l standing for f_l~(r) in the older and in the newer
 *   error    m/|K|: if the cells of column l differ, so do the two extensions at r, and y_l is false for one of them
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { affineAlgebra, type MaskedValue } from '../pads/affine.ts';
import { createPadLedger } from '../pads/ledger.ts';
import { verifyPadProof } from '../pads/proof-verify.ts';
import { receive } from '../pads/sumcheck-verify.ts';
import { checkParameters } from '../params/check.ts';
import { checkProofBytes } from '../transcript/reader.ts';
import type { Observer } from '../transcript/transcript.ts';
import { verifierChannel, type VerifierChannel } from '../transcript/verifier.ts';
import { verdictOf, type Verdict } from './linear-verify.ts';
import {
  checkLinkStatement,
  linkDomain,
  linkInstanceOf,
  linkPlan,
  type LinkStatement,
} from './link-statement.ts';
import { verifyCombination } from './open-verify.ts';

/** Whether a proof shows that both epochs hold the same cells. @throws RangeError for a malformed statement, TypeError for a proof that is no Uint8Array */
export function verifyLink(
  field: ExtensionField,
  statement: LinkStatement,
  proof: Uint8Array,
  observer?: Observer,
): Verdict {
  checkLinkStatement(field, statement);
  checkProofBytes(proof);
  return verdictOf(() => {
    checkParameters(statement.parameters, linkInstanceOf(statement));
    const ch = verifierChannel(linkDomain(field, statement), proof, observer);
    verifyLinkBody(ch, statement);
    ch.finish();
  });
}

/** The protocol behind the statement: for parameters that the caller has checked. */
export function verifyLinkBody(ch: VerifierChannel, statement: LinkStatement): void {
  const { parameters, older, newer } = statement;
  const ledger = createPadLedger(affineAlgebra(ch.field), linkPlan(statement));
  const ownRoot = ch.readDigest('root/AM');
  const padRoot = ch.readDigest('root/PAD');
  const point: Ext[] = ch.challengeExts('link/r', parameters.code.logData);
  const y = receive(ledger, ch, 'open/y', older.columns);
  const yMask = receive(ledger, ch, 'open/y-mask', 1)[0] as MaskedValue;
  const trees = { parameters, groups: [older, newer], ownColumns: 0, ownRoot };
  verifyCombination(ch, ledger, trees, point, [...y, ...y], yMask);
  verifyPadProof(ch, parameters.pads, padRoot, ledger.finish());
}
