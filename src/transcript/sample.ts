/**
 * Uniform values from uniform 32-bit words, by rejection: no value is favoured (a reduction modulo p would make
 * the small residues more likely). The range is enclosed in the smallest power of two, so that a word is
 * refused with probability below 1/2: (2^24 - 1) / 2^31 over KoalaBear.
 */
import type { BaseField, Ext, ExtensionField, Fe } from '../field/field.ts';
import type { WordSource } from './chain.ts';

/** Bits of the smallest enclosing power of two: 2^(bits-1) < modulus <= 2^bits, at least 1. */
export function enclosingBits(modulus: number): number {
  return 32 - Math.clz32(Math.max(modulus - 1, 1));
}

/** A uniform element of F: the low bits of a word, drawn again while p or more. */
export function sampleFe(words: WordSource, field: BaseField): Fe {
  const shift = 32 - enclosingBits(field.modulus); // moduli are below 2^31: shift >= 1
  for (;;) {
    const value = (words() << shift) >>> shift;
    if (value < field.modulus) return value as Fe;
  }
}

/** A uniform element of K: its limbs, x^0 first. */
export function sampleExt(words: WordSource, field: ExtensionField): Ext {
  const limbs: Fe[] = [];
  for (let i = 0; i < field.degree; i++) limbs.push(sampleFe(words, field.base));
  return limbs;
}

/** A uniform integer in [0, 2^logSize), 0 <= logSize <= 31: the low bits of one word. */
export function samplePosition(words: WordSource, logSize: number): number {
  return words() & (2 ** logSize - 1);
}
