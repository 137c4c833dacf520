/** The fields that tests run over, each beside its bigint twin. */
import fc from 'fast-check';
import { QUINTIC, type Field } from '../../reference/field.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { BaseField, Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { edges } from './words.ts';

export interface FieldPair {
  readonly name: string;
  readonly field: ExtensionField;
  readonly twin: Field;
}

function toy(p: number, low: readonly number[]): FieldPair {
  const field = extensionField(primeField(p), low);
  return { name: `F_${p}^${low.length}`, field, twin: { p: BigInt(p), low: low.map(BigInt) } };
}

export const production: FieldPair = { name: 'koalabear^5', field: quintic, twin: QUINTIC };

/** Quadratic, cubic and prime instances small enough to enumerate. */
export const toys: readonly FieldPair[] = [
  toy(7, [-3, 0]),
  toy(7, [-2, 0, 0]),
  toy(13, [-2, 0]),
  toy(97, [-5, 0]),
  toy(257, [-3, 0]),
];

/** What is not the field of the library: toys, another field of degree five, another degree over the same base. */
export const otherFields: readonly ExtensionField[] = [
  ...toys.map(({ field }) => field),
  extensionField(primeField(11), [-2, 0, 0, 0, 0]),
  extensionField(quintic.base, [-3, 0]),
];

export const allFields: readonly FieldPair[] = [production, ...toys];

/** Elements of F, half of them where arithmetic goes wrong: 0, 1, 2, p-1, p-2, (p±1)/2, 2^k, 2^k±1. */
export function anyFe(field: BaseField): fc.Arbitrary<Fe> {
  const edge = fc.constantFrom(...edges(field.modulus));
  const uniform = fc.nat({ max: field.modulus - 1 });
  return fc.oneof({ weight: 1, arbitrary: edge }, { weight: 1, arbitrary: uniform }) as fc.Arbitrary<Fe>;
}

/** Elements of K, half of their limbs edge values. */
export function anyExt(field: ExtensionField): fc.Arbitrary<Ext> {
  return fc.array(anyFe(field.base), { minLength: field.degree, maxLength: field.degree });
}

/** The twin's form of an element. */
export function toTwin(a: Ext): bigint[] {
  return a.map((limb) => BigInt(limb));
}
