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
import { encodeKey, keyDigest } from '../pcs/key.ts';
import { verdictOf, type Verdict } from '../pcs/linear-verify.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { fileBytes, fileReader } from './bytes.ts';
import { decodeModelKey, encodeModelKey, modelDigest } from './key.ts';

/** A step from one key of a model to the next, as its owner publishes it. */
export interface ModelLink {
  /** Digest of the older key. */
  readonly older: Uint8Array;
  /** Bytes of the newer epoch's group key. */
  readonly weights: Uint8Array;
  /** Of the link proof. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

/** Version 1 did not bind all of the newer key. */
export const MODEL_LINK_VERSION = 2;
const MAGIC = 'zkdl-lnk';
const STAGE = 'model link';

export function encodeModelLink({ older, weights, parameters, proof }: ModelLink): Uint8Array<ArrayBuffer> {
  return fileBytes(MAGIC, MODEL_LINK_VERSION, [
    older,
    { block: weights },
    { block: encodeParameters(parameters) },
    { block: proof },
  ]);
}

/** @param stage names the file in errors. @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `decodeParameters` */
export function decodeModelLink(bytes: Uint8Array, stage = STAGE): ModelLink {
  const reader = fileReader(stage, bytes, MAGIC, MODEL_LINK_VERSION);
  const older = reader.bytes('older', DIGEST_BYTES).slice();
  const weights = reader.block('weights').slice();
  const parameters = decodeParameters(reader.block('parameters'));
  const proof = reader.block('proof').slice();
  reader.end();
  return { older, weights, parameters, proof };
}

/**
 * What a link proof is bound to beside both groups: both keys whole. A group's digest leaves out the parameters of a key, and the
 * newer model is named by all of it.
 *
 * @param older digest of the older model key, @param weights bytes of the newer epoch's group key
 */
export function linkContext(older: Uint8Array, weights: Uint8Array): Uint8Array<ArrayBuffer> {
  return digestOfLeaves('zkdl model link 1', [
    { label: 'older', type: 'digest', value: older },
    { label: 'newer', type: 'digest', value: keyDigest(weights) },
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
  const { weights, parameters, proof } = link;
  const step = { key: weights, parameters, context: linkContext(digest, weights), proof };
  const verdict = verifyChain(quintic, encodeKey(older.weights), [step]);
  if (!verdict.ok) refuse(verdict.code, `${stage}: ${verdict.stage}`, verdict.detail);
  return encodeModelKey({ ...older, weights: verdict.key });
}
