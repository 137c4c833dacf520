/**
 * Canonical encodings: an element of F is one little-endian u32 below p, an element of K its d limbs in
 * order. Every element has exactly one encoding; anything else is refused with `NON_CANONICAL`, never reduced
 * (a verifier that reduces accepts x and x + p as two encodings of one statement).
 */
import { refuse } from '../errors/proof-error.ts';
import type { BaseField, Ext, ExtensionField, Fe } from './field.ts';

/** Bytes of one element of F, for every base field of this library. */
export const FE_BYTES = 4;

/** Bytes of one element of K. */
export function extBytes(field: ExtensionField): number {
  return FE_BYTES * field.degree;
}

/** Little-endian u32s of elements of F. */
export function encodeFes(elements: readonly Fe[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(elements.length * FE_BYTES);
  const view = new DataView(bytes.buffer);
  elements.forEach((element, i) => view.setUint32(i * FE_BYTES, element, true));
  return bytes;
}

/** The limbs of elements of K, one element after the other. */
export function encodeExts(elements: readonly Ext[]): Uint8Array<ArrayBuffer> {
  const degree = elements[0]?.length ?? 0;
  const bytes = new Uint8Array(elements.length * degree * FE_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const element of elements) {
    for (let limb = 0; limb < degree; limb++, at += FE_BYTES) view.setUint32(at, element[limb] as Fe, true);
  }
  return bytes;
}

/**
 * Decodes elements of F.
 *
 * @param bytes exactly 4 * count bytes
 * @param stage named in the error
 * @throws ProofError `LENGTH` for another length, `NON_CANONICAL` for a value of p or more
 */
export function decodeFes(field: BaseField, bytes: Uint8Array, count: number, stage: string): Fe[] {
  if (bytes.length !== count * FE_BYTES) {
    refuse('LENGTH', stage, `expected ${count * FE_BYTES} bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Fe[] = [];
  for (let i = 0; i < count; i++) {
    const value = view.getUint32(i * FE_BYTES, true);
    if (value >= field.modulus) {
      refuse('NON_CANONICAL', stage, `element ${i}: expected a value below ${field.modulus}, got ${value}`);
    }
    elements.push(value as Fe);
  }
  return elements;
}

/**
 * Decodes elements of K.
 *
 * @throws ProofError `LENGTH` or `NON_CANONICAL`, the latter counting limbs from the first element's x^0
 */
export function decodeExts(field: ExtensionField, bytes: Uint8Array, count: number, stage: string): Ext[] {
  const limbs = decodeFes(field.base, bytes, count * field.degree, stage);
  const elements: Ext[] = [];
  for (let i = 0; i < count; i++) elements.push(limbs.slice(i * field.degree, (i + 1) * field.degree));
  return elements;
}
