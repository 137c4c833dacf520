/**
 * Keys that masks, pads and salts are expanded from. Each is a digest of everything that must differ between two
 * uses: fresh bytes of the platform, a long-term secret, and the public and private data of the use. So a
 * generator that is stuck, a process that is forked and a disk image that is restored repeat a mask only where the
 * whole proof is repeated: two transcripts with one set of masks reveal every pad, and some hundred of them the
 * weights.
 *
 * Absorbing a secret makes the chain's state a key of the PRF that absorbs the rest, so a key is uniform to anyone
 * who misses either the fresh bytes or the long-term secret.
 */
import { mapSecret, secretOf, type Secret } from '../secret/secret.ts';
import { digestOfLeaves, type StatementLeaf } from '../transcript/statement.ts';
import { osBytes } from './os.ts';

/** Bytes of fresh randomness in a key. */
export const FRESH_BYTES = 32;
/** Least bytes of a long-term secret. */
export const MIN_SECRET_BYTES = 32;

const PROOF_KEY_CONTEXT = 'zkdl proof key 1';
const TREE_KEY_CONTEXT = 'zkdl tree key 1';

/** What a proof's masks are bound to. */
export interface ProofKeySources {
  /** The prover's long-term secret, at least 32 bytes. */
  readonly longTerm: Secret<Uint8Array>;
  /** `domainDigest`: statement, parameters, kind of proof. */
  readonly domainDigest: Uint8Array;
  /** Kind of proof, as in the domain. */
  readonly kind: string;
  /** Every long-lived group with its counter after the reservation for this proof, in the order of the statement. */
  readonly counters: readonly { readonly group: string; readonly used: number }[];
  /** 32 bytes: digest of the private inputs, which with the statement determine the witness. */
  readonly witnessDigest: Secret<Uint8Array>;
}

/** What a tree's pads and salts are bound to. */
export interface TreeKeySources {
  readonly longTerm: Secret<Uint8Array>;
  /** Label of the tree, e.g. `W`. */
  readonly tree: string;
  /** Name of the group of columns. */
  readonly group: string;
  readonly epoch: number;
  /** Length of a codeword and of a message. */
  readonly codeLength: number;
  readonly messageLength: number;
}

/** A new long-term secret: made once, kept by the prover. @throws Error without a platform generator */
export function freshLongTermSecret(): Secret<Uint8Array> {
  return secretOf<Uint8Array>(osBytes(MIN_SECRET_BYTES));
}

/**
 * The key of one proof, from fresh bytes. It lives in memory only: a proof that stops is abandoned, and its key with
 * it.
 *
 * @throws Error without a platform generator; RangeError for sources of the wrong size
 */
export function freshProofKey(sources: ProofKeySources): Secret<Uint8Array> {
  return proofKey(secretOf(osBytes(FRESH_BYTES)), sources);
}

/** The same from given fresh bytes: everything behind the key is a function of it and the witness. */
export function proofKey(fresh: Secret<Uint8Array>, sources: ProofKeySources): Secret<Uint8Array> {
  const { longTerm, witnessDigest, counters } = sources;
  return mapSecret([fresh, longTerm, witnessDigest], (freshBytes, longTermBytes, witnessBytes) =>
    digestOfLeaves(PROOF_KEY_CONTEXT, [
      ...secretLeaves(freshBytes, longTermBytes),
      { label: 'domain', type: 'digest', value: sources.domainDigest },
      { label: 'kind', type: 'text', value: sources.kind },
      { label: 'counters', type: 'integer', value: counters.length },
      ...counters.flatMap(({ group, used }, i): StatementLeaf[] => [
        { label: `group ${i}`, type: 'text', value: group },
        { label: `used ${i}`, type: 'integer', value: used },
      ]),
      { label: 'witness', type: 'digest', value: witnessBytes },
    ]),
  );
}

/**
 * The key of one tree. `fresh` is stored with the tree, so that `treeKey` can find the key again.
 *
 * @throws as `freshProofKey`
 */
export function freshTreeKey(sources: TreeKeySources): {
  readonly key: Secret<Uint8Array>;
  readonly fresh: Secret<Uint8Array>;
} {
  const fresh = secretOf<Uint8Array>(osBytes(FRESH_BYTES));
  return { key: treeKey(fresh, sources), fresh };
}

/** The key of a tree from the fresh bytes stored with it. */
export function treeKey(fresh: Secret<Uint8Array>, sources: TreeKeySources): Secret<Uint8Array> {
  const { longTerm, tree, group, epoch, codeLength, messageLength } = sources;
  return mapSecret([fresh, longTerm], (freshBytes, longTermBytes) =>
    digestOfLeaves(TREE_KEY_CONTEXT, [
      ...secretLeaves(freshBytes, longTermBytes),
      { label: 'tree', type: 'text', value: tree },
      { label: 'group', type: 'text', value: group },
      { label: 'epoch', type: 'integer', value: epoch },
      { label: 'code-length', type: 'integer', value: codeLength },
      { label: 'message-length', type: 'integer', value: messageLength },
    ]),
  );
}

/** @throws RangeError naming the size, never the bytes */
function secretLeaves(fresh: Uint8Array, longTerm: Uint8Array): StatementLeaf[] {
  if (fresh.length !== FRESH_BYTES) {
    throw new RangeError(`fresh: expected ${FRESH_BYTES} bytes, got ${fresh.length}`);
  }
  if (longTerm.length < MIN_SECRET_BYTES) {
    throw new RangeError(`longTerm: expected at least ${MIN_SECRET_BYTES} bytes, got ${longTerm.length}`);
  }
  return [
    { label: 'fresh', type: 'bytes', value: fresh },
    { label: 'long-term', type: 'bytes', value: longTerm },
  ];
}
