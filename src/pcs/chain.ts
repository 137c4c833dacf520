/**
 * Chains of epochs. Whoever trusts the key of one epoch trusts a later key after checking every link between them; a proof
 * about the later epoch then speaks about the same cells. spec/commitment.md section 10.
 */
import { refuse } from '../errors/proof-error.ts';
import type { ExtensionField } from '../field/field.ts';
import { sameBytes } from '../hash/words.ts';
import { sameColumnCode, type Parameters } from '../params/parameters.ts';
import { decodeKey, keyDigest, type GroupKey } from './key.ts';
import { verdictOf, type Verdict } from './linear-verify.ts';
import { verifyLink } from './link-verify.ts';

/** A step from one epoch to the next, as its owner publishes it. */
export interface ChainLink {
  /** Bytes of the newer key. */
  readonly key: Uint8Array;
  /** Of the link proof. */
  readonly parameters: Parameters;
  readonly context: Uint8Array;
  readonly proof: Uint8Array;
}

export type ChainVerdict =
  | { readonly ok: true; readonly key: GroupKey; readonly epoch: number; readonly digest: Uint8Array }
  | Extract<Verdict, { ok: false }>;

/**
 * Follows a chain.
 *
 * @param trusted bytes of the key that the verifier trusts
 * @param links in order of epochs, possibly none
 * @returns the last key, its epoch and its digest; or the first refusal, its stage naming the link
 * @throws TypeError for arguments of other types, never for any bytes
 */
export function verifyChain(
  field: ExtensionField,
  trusted: Uint8Array,
  links: readonly ChainLink[],
): ChainVerdict {
  let last: NamedKey | undefined;
  const verdict = verdictOf(() => {
    last = readKey(trusted);
    for (const [i, link] of links.entries()) last = follow(field, last.key, link, `link ${i}`);
  });
  if (!verdict.ok) return verdict;
  const { key, digest } = last as unknown as NamedKey;
  return { ok: true, key, epoch: key.group.epoch, digest };
}

interface NamedKey {
  readonly key: GroupKey;
  readonly digest: Uint8Array;
}

/** A key and its name, of one copy of the bytes: what is named is what was checked, whoever else writes to them. */
function readKey(bytes: Uint8Array): NamedKey {
  const copy = new Uint8Array(bytes);
  return { key: decodeKey(copy), digest: keyDigest(copy) };
}

/** The key behind a link. @throws ProofError `LINK_IDENTITY` for another group, epoch, code or layout, or the link's refusal */
function follow(field: ExtensionField, older: GroupKey, link: ChainLink, stage: string): NamedKey {
  const named = readKey(link.key);
  const newer = named.key;
  const same =
    older.group.lifetime === 'static' &&
    newer.group.lifetime === 'static' &&
    older.group.label === newer.group.label &&
    older.group.columns === newer.group.columns &&
    newer.group.epoch === older.group.epoch + 1 &&
    sameBytes(older.group.group, newer.group.group) &&
    sameBytes(older.layout, newer.layout) &&
    sameColumnCode(older.parameters, newer.parameters);
  if (!same) {
    const expected = `epoch ${older.group.epoch + 1} of static group ${older.group.label}`;
    refuse(
      'LINK_IDENTITY',
      stage,
      `expected ${expected} with the same columns, layout and code, got another key`,
    );
  }
  const { parameters, context, proof } = link;
  if (JSON.stringify(parameters.code) !== JSON.stringify(older.parameters.code)) {
    refuse('LINK_CODE', stage, 'expected a link over the code of its groups, got another');
  }
  const verdict = verifyLink(field, { parameters, older: older.group, newer: newer.group, context }, proof);
  if (!verdict.ok) refuse(verdict.code, `${stage}: ${verdict.stage}`, verdict.detail);
  return named;
}
