/** Links between epochs, kind `epoch-link`, and chains of them: spec/commitment.md section 10. */
import type { Algebra } from './algebra.ts';
import { equalBytes } from './bytes.ts';
import { challenges, finish, openChannel, readDigest } from './channel.ts';
import { checkParameters } from './gate.ts';
import { decodeKey, keyDigest, type GroupKey } from './key.ts';
import type { Gate } from './linear.ts';
import { at } from './lists.ts';
import { verifyCombination } from './opening.ts';
import { verifyPadProof } from './pad-proof.ts';
import { openBook, receive } from './pads.ts';
import type { ColumnCode, ParameterSet } from './parameter-set.ts';
import { refuse, require, verdictOf, wellFormed, type Verdict } from './refusal.ts';
import { checkGroups, domain, groupDigest, type CommittedGroup } from './statement.ts';
import type { Domain } from './transcript.ts';

export interface LinkStatement {
  readonly parameters: ParameterSet;
  readonly older: CommittedGroup;
  readonly newer: CommittedGroup;
  readonly context: Uint8Array;
}

/** Whether a proof shows that both epochs hold the same cells. @throws RangeError for a statement that is none */
export function verifyLink(
  K: Algebra,
  statement: LinkStatement,
  proof: Uint8Array,
  gate: Gate = checkParameters,
): Verdict {
  const { parameters, older, newer } = statement;
  checkGroups(K, parameters, [older, newer]);
  wellFormed(isNextEpoch(older, newer), 'the next epoch of the same static group');
  const { columns } = older;
  const epoch = { lifetime: 'static', columns, uses: 1 } as const;
  const mask = { lifetime: 'proof', columns: 0, uses: 1 } as const;
  const counts = { claims: 0, exposed: 0, products: 0, constraints: 1, balances: [], terms: [] };

  return verdictOf(() => {
    gate(parameters, { kind: 'link', groups: [epoch, epoch, mask], ...counts });
    const ch = openChannel(K, linkDomain(K, statement), proof);
    const book = openBook(K);
    const ownRoot = readDigest(ch, 'root/AM');
    const padRoot = readDigest(ch, 'root/PAD');
    const r = challenges(ch, 'link/r', parameters.code.logData);
    const y = receive(ch, book, 'open/y', columns);
    const yMask = at(receive(ch, book, 'open/y-mask', 1), 0);
    const trees = { parameters, groups: [older, newer], ownColumns: 0, ownRoot };
    verifyCombination(ch, book, trees, r, [...y, ...y], yMask);
    verifyPadProof(ch, book, parameters.pads, padRoot);
    finish(ch);
  });
}

function isNextEpoch(older: CommittedGroup, newer: CommittedGroup): boolean {
  return (
    older.lifetime === 'static' &&
    newer.lifetime === 'static' &&
    older.label === newer.label &&
    equalBytes(older.group, newer.group) &&
    older.columns === newer.columns &&
    newer.epoch === older.epoch + 1
  );
}

function linkDomain(K: Algebra, { parameters, older, newer, context }: LinkStatement): Domain {
  return domain(K, 'epoch-link', parameters, [
    ['older', 'digest', groupDigest(older, parameters)],
    ['newer', 'digest', groupDigest(newer, parameters)],
    ['context', 'bytes', context],
  ]);
}

/** A step of a chain, as the owner publishes it. */
export interface ChainLink {
  /** Bytes of the newer key. */
  readonly key: Uint8Array;
  /** Of the link proof. */
  readonly parameters: ParameterSet;
  readonly context: Uint8Array;
  readonly proof: Uint8Array;
}

/** Follows links from a key that the verifier trusts; the digest of the last key, or the first refusal. */
export function verifyChain(
  K: Algebra,
  trusted: Uint8Array,
  links: readonly ChainLink[],
): { readonly verdict: Verdict; readonly digest?: Uint8Array } {
  let bytes = trusted;
  const verdict = verdictOf(() => {
    let older = decodeKey(trusted);
    for (const { key, parameters, context, proof } of links) {
      const newer = decodeKey(key);
      require(continues(older, newer), 'LINK_IDENTITY', `epoch ${newer.group.epoch}`);
      require(sameCode(parameters.code, older.parameters.code), 'LINK_CODE', 'code of the link');
      const statement = { parameters, older: older.group, newer: newer.group, context };
      const verdict = verifyLink(K, statement, proof);
      if (!verdict.ok) refuse(verdict.code, 'link');
      [older, bytes] = [newer, key];
    }
  });
  return verdict.ok ? { verdict, digest: keyDigest(bytes) } : { verdict };
}

/** The next epoch of the same group with the same meaning of cells, over the same code. */
function continues(older: GroupKey, newer: GroupKey): boolean {
  const { parameters: a } = older;
  const { parameters: b } = newer;
  const same = equalBytes(older.layout, newer.layout) && sameCode(a.code, b.code);
  return isNextEpoch(older.group, newer.group) && same && a.profile.id === b.profile.id;
}

function sameCode(a: ColumnCode, b: ColumnCode): boolean {
  return a.logData === b.logData && a.padLength === b.padLength && a.queries === b.queries;
}
