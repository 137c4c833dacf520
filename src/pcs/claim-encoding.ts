/**
 * Canonical bytes of weights and public claims, for the statement's digest. Every list carries its length, every factor
 * its kind, so that two different weights never have the same bytes. Integers are u32, little-endian; elements of K are
 * their limbs. spec/commitment.md section 4.
 */
import { encodeExts } from '../field/encoding.ts';
import type { Ext } from '../field/field.ts';
import { joinedBytes } from '../hash/words.ts';
import type { Factor, Weight } from './weight.ts';

const KIND = { eq: 1, fixed: 2, dense: 3, sparse: 4, pairs: 5 } as const;

/** A linear claim with a public value. */
export interface PublicClaim {
  readonly weight: Weight;
  readonly value: Ext;
}

/** The bytes of a list of claims. */
export function encodeClaims(claims: readonly PublicClaim[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [integers(claims.length)];
  for (const { weight, value } of claims) {
    parts.push(encodeExts([value]), integers(weight.length));
    for (const term of weight) {
      parts.push(integers(term.column), encodeExts([term.coefficient]), integers(term.factors.length));
      for (const factor of term.factors) parts.push(...encodeFactor(factor));
    }
  }
  return joinedBytes(parts);
}

function encodeFactor(factor: Factor): Uint8Array[] {
  const kind = KIND[factor.kind];
  if (factor.kind === 'eq') return [integers(kind, factor.point.length), encodeExts(factor.point)];
  if (factor.kind === 'pairs') return [integers(kind, factor.pairs.length), encodeExts(factor.pairs.flat())];
  if (factor.kind === 'fixed') return [integers(kind, factor.bits, factor.index)];
  if (factor.kind === 'dense') return [integers(kind, factor.values.length), encodeExts(factor.values)];
  const indices = factor.entries.map(([index]) => index);
  const values = factor.entries.map(([, value]) => value);
  return [integers(kind, factor.bits, indices.length), u32s(indices), encodeExts(values)];
}

function integers(...values: readonly number[]): Uint8Array {
  return u32s(values);
}

/** A list of any length: never spread into arguments, of which an engine takes some 10^5. */
function u32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value, true));
  return bytes;
}
