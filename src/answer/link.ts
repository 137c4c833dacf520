/**
 * Links of models: the same weights committed again under fresh pads, as the next epoch of the same model. Whoever trusts one
 * key comes by links to the keys after it. Bytes: spec/answers.md section 5.
 */
import { refuse } from '../errors/proof-error.ts';
import { quintic } from '../field/quintic.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { decodeParameters, encodeParameters } from '../params/encoding.ts';
import type { Parameters } from '../params/parameters.ts';
import { verifyChain } from '../pcs/chain.ts';
import { encodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
import { verdictOf, type Verdict } from '../pcs/linear-verify.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { fileBytes, fileReader } from './bytes.ts';
import { decodeModelKey, encodeModelKey, MAX_WEIGHT_GROUPS, modelDigest } from './key.ts';

/** A step from one key of a model to the next, as its owner publishes it. */
export interface ModelLink {
  /** Digest of the older key. */
  readonly older: Uint8Array;
  /** One a group, in the order of the key. */
  readonly groups: readonly GroupLink[];
}

/** The step of one group. */
export interface GroupLink {
  /** Bytes of the newer epoch's group key. */
  readonly weights: Uint8Array;
  /** Of the link proof. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

/** Version 2: of a key of one group. Version 3: of several. Version 1 did not bind all of the newer key. */
export const MODEL_LINK_VERSIONS = [2, 3] as const;
const MAGIC = 'zkdl-lnk';
const STAGE = 'model link';

export function encodeModelLink({ older, groups }: ModelLink): Uint8Array<ArrayBuffer> {
  const steps = groups.flatMap(({ weights, parameters, proof }) => [
    { block: weights },
    { block: encodeParameters(parameters) },
    { block: proof },
  ]);
  return groups.length === 1
    ? fileBytes(MAGIC, 2, [older, ...steps])
    : fileBytes(MAGIC, 3, [older, groups.length, ...steps]);
}

/** @param stage names the file in errors. @throws ProofError `FORMAT`, `VERSION`, `LENGTH`, `STATEMENT`; as `decodeParameters` */
export function decodeModelLink(bytes: Uint8Array, stage = STAGE): ModelLink {
  const reader = fileReader(stage, bytes, MAGIC, MODEL_LINK_VERSIONS);
  const older = reader.bytes('older', DIGEST_BYTES).slice();
  const count = reader.version === 2 ? 1 : reader.u32('groups');
  if (reader.version === 3 && (count < 2 || count > MAX_WEIGHT_GROUPS)) {
    refuse('STATEMENT', stage, `groups: expected 2 to ${MAX_WEIGHT_GROUPS}, got ${count}`);
  }
  const groups = Array.from({ length: count }, () => ({
    weights: reader.block('weights').slice(),
    parameters: decodeParameters(reader.block('parameters')),
    proof: reader.block('proof').slice(),
  }));
  reader.end();
  return { older, groups };
}

/**
 * What the link proof of a group is bound to beside both of its epochs: both model keys whole. A group's digest leaves out the parameters
 * of a key, and the newer model is named by all of it; of several groups none can be taken from another refresh.
 *
 * @param older digest of the older model key, @param weights bytes of the newer epoch's group keys, in order, @param g index of the group
 */
export function linkContext(
  older: Uint8Array,
  weights: readonly Uint8Array[],
  g: number,
): Uint8Array<ArrayBuffer> {
  const digests = weights.map(keyDigest);
  return digestOfLeaves('zkdl model link 1', [
    { label: 'older', type: 'digest', value: older },
    ...(weights.length === 1
      ? [{ label: 'newer', type: 'digest' as const, value: digests[0] as Uint8Array }]
      : [
          { label: 'group', type: 'integer' as const, value: g },
          ...digests.map((value, i) => ({ label: `newer-${i}`, type: 'digest' as const, value })),
        ]),
  ]);
}

export type LinksVerdict =
  | { readonly ok: true; readonly key: Uint8Array; readonly digest: Uint8Array }
  | Extract<Verdict, { ok: false }>;

/**
 * Follows links from a trusted key.
 *
 * @param trusted bytes of the key that the verifier trusts
 * @param links bytes of link files, in the order of epochs
 * @returns bytes and digest of the last key, or the first refusal. Never throws, whatever the bytes
 * @example
 * const links = verifyModelLinks(keyBytes, [linkBytes]);
 * if (links.ok) verifyAnswer(links.key, proofBytes);
 */
export function verifyModelLinks(trusted: Uint8Array, links: readonly Uint8Array[]): LinksVerdict {
  let key = trusted;
  const verdict = verdictOf(() => {
    if (!(trusted instanceof Uint8Array)) refuse('FORMAT', 'key', 'expected bytes, got something else');
    key = trusted.slice(); // read several times: what is followed must be what was decoded
    decodeModelKey(key);
    links.forEach((bytes, i) => (key = follow(key, bytes, `link ${i}`)));
  });
  return verdict.ok ? { ok: true, key, digest: modelDigest(key) } : verdict;
}

function follow(trusted: Uint8Array, bytes: Uint8Array, stage: string): Uint8Array<ArrayBuffer> {
  const older = decodeModelKey(trusted);
  const link = decodeModelLink(bytes, stage);
  const digest = modelDigest(trusted);
  if (link.older.some((byte, i) => byte !== digest[i])) {
    refuse('MODEL', stage, 'expected a link from the key before it, got one from another');
  }
  const { groups } = link;
  if (groups.length !== older.weights.length) {
    refuse('LINK_IDENTITY', stage, `expected ${older.weights.length} groups, got ${groups.length}`);
  }
  const newer = groups.map(({ weights }) => weights);
  const keys = groups.map(({ weights, parameters, proof }, g) => {
    const step = { key: weights, parameters, context: linkContext(digest, newer, g), proof };
    const verdict = verifyChain(quintic, encodeKey(older.weights[g] as GroupKey), [step]);
    if (verdict.ok) return verdict.key;
    const place = groups.length === 1 ? stage : `${stage}: group ${g}`;
    return refuse(verdict.code, `${place}: ${verdict.stage}`, verdict.detail);
  });
  return encodeModelKey({ ...older, weights: keys });
}
