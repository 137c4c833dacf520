/** Linear openings, kind `linear-opening`: spec/proof-format.md, spec/commitment.md sections 3 to 9. */
import type { Algebra } from './algebra.ts';
import { blake3 } from './blake3.ts';
import { finish, openChannel, readDigest } from './channel.ts';
import { checkClaim, encodeClaims, type PublicClaim } from './claims.ts';
import { checkParameters, type Demand } from './gate.ts';
import { total } from './lists.ts';
import { verifyOpening } from './opening.ts';
import { verifyPadProof } from './pad-proof.ts';
import { constant, openBook } from './pads.ts';
import type { ParameterSet } from './parameter-set.ts';
import { verdictOf, wellFormed, type Verdict } from './refusal.ts';
import { checkGroups, domain, groupDigest, type CommittedGroup } from './statement.ts';
import type { Domain } from './transcript.ts';

export interface LinearStatement {
  readonly parameters: ParameterSet;
  readonly groups: readonly CommittedGroup[];
  /** Columns that the proof commits for itself; none if absent. */
  readonly ownColumns?: number;
  readonly claims: readonly PublicClaim[];
  readonly context: Uint8Array;
}

/** Which parameters pass: `checkParameters` but for tests over toy fields. */
export type Gate = (parameters: ParameterSet, demand: Demand) => void;

/** Whether a proof convinces of a statement. @throws RangeError for a statement that is none */
export function verifyLinear(
  K: Algebra,
  statement: LinearStatement,
  proof: Uint8Array,
  gate: Gate = checkParameters,
): Verdict {
  const { parameters, groups, claims } = statement;
  const ownColumns = statement.ownColumns ?? 0;
  checkGroups(K, parameters, groups);
  wellFormed(Number.isInteger(ownColumns) && ownColumns >= 0 && ownColumns <= 2 ** 24 - K.degree, 'columns');
  wellFormed(claims.length >= 1, 'at least one claim');
  const columns = total(groups.map((group) => group.columns)) + ownColumns;
  for (const claim of claims) checkClaim(K, claim, columns, parameters.code.logData);

  return verdictOf(() => {
    gate(parameters, linearDemand(statement));
    const ch = openChannel(K, linearDomain(K, statement), proof);
    const book = openBook(K);
    const ownRoot = readDigest(ch, 'root/AM');
    const padRoot = readDigest(ch, 'root/PAD');
    const known = claims.map(({ weight, value }) => ({ weight, value: constant(value) }));
    verifyOpening(ch, book, { parameters, groups, ownColumns, ownRoot }, known);
    verifyPadProof(ch, book, parameters.pads, padRoot);
    finish(ch);
  });
}

export function linearDomain(
  K: Algebra,
  { parameters, groups, ownColumns = 0, claims, context }: LinearStatement,
): Domain {
  return domain(K, 'linear-opening', parameters, [
    ...groups.map((group, i) => [`group-${i}`, 'digest', groupDigest(group, parameters)] as const),
    ['own-columns', 'integer', ownColumns],
    ['claims', 'digest', blake3(encodeClaims(claims))],
    ['context', 'bytes', context],
  ]);
}

function linearDemand({ groups, ownColumns = 0, claims }: LinearStatement): Demand {
  return {
    kind: 'program',
    groups: [...groups, { lifetime: 'proof', columns: ownColumns, uses: 1 }],
    claims: claims.length,
    exposed: 0,
    products: 0,
    constraints: 2,
    balances: [],
    terms: [],
  };
}
