/** Masks of one proof of a benchmark: fresh, and of no owner. */
import { quintic } from '../src/field/quintic.ts';
import { freshLongTermSecret, freshProofKey } from '../src/random/keys.ts';
import { maskSource, type MaskSource } from '../src/random/masks.ts';
import { secretOf } from '../src/secret/secret.ts';

export function freshMasks(): MaskSource {
  const key = freshProofKey({
    longTerm: freshLongTermSecret(),
    domainDigest: new Uint8Array(32),
    kind: 'bench',
    counters: [],
    witnessDigest: secretOf(new Uint8Array(32)),
  });
  return maskSource(key, quintic);
}
