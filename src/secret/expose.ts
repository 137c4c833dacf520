/**
 * The one way out of the prover: v^ = v + h with a mask h that has hidden nothing before. Uniform h makes v^
 * uniform, whatever v is. Only the layer of pads imports this; a test holds the tree to that.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { exposedValue, type Exposed } from './released.ts';
import { spendMask, unwrap, type Mask, type Secret } from './secret.ts';

/**
 * Elements of K under one-time masks.
 *
 * @param secrets n elements
 * @param masks n elements from a mask stream, unused
 * @returns secrets + masks, element by element
 * @throws RangeError for different lengths (the mask stays unused); Error for a mask that was used before
 */
export function expose(
  field: ExtensionField,
  secrets: Secret<readonly Ext[]>,
  masks: Mask<readonly Ext[]>,
): Exposed<readonly Ext[]> {
  const values = unwrap(secrets);
  const length = unwrap(masks).length;
  if (values.length !== length) {
    throw new RangeError(`expose: masks: expected ${values.length} elements, got ${length}`);
  }
  const pads = spendMask(masks);
  return exposedValue(values.map((value, i) => field.add(value, pads[i] as Ext)));
}
