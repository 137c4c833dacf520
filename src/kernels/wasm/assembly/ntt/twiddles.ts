// The splitting roots z_i = rootOfUnity(l + 1)^bitReverse(i, l), i < 2^l, Montgomery words. See contract/ntt.ts.
//
// Tables at `tables`, written once by wasm/twiddles.ts:
//   words [0, 2^13): a heap, word 2^l + i = z_i for i < 2^l; its last half is the prefix z_0 .. z_4095
//   words [2^13, 2^13 + 2^11): z_(4096 i)
// Reversed indices add where their bits are disjoint: z_(4096 i + j) = z_(4096 i) * z_j. So 40 KiB hold all
// 2^23 roots of the longest transform.
import { fScale } from '../base';
import { mulOne, scratch } from '../montgomery';

/** log2 of the prefix. */
const PREFIX_BITS: u32 = 12;
const PREFIX: u32 = 1 << PREFIX_BITS;
/** Layers of one task at most; a heap of that depth fits the first 64 KiB of the scratch region. */
export const DATA_OFFSET: usize = 1 << 16;

// @ts-ignore: decorator
@inline
function rootAt(tables: usize, index: u32): u32 {
  const low = load<u32>(tables + ((PREFIX + (index & (PREFIX - 1))) << 2));
  return mulOne(low, load<u32>(tables + ((2 * PREFIX + (index >> PREFIX_BITS)) << 2)));
}

/**
 * A heap of the roots of `layers` layers below block `block`: word 2^l + i = z_(block 2^l + i). The root block
 * finds it in the tables; for others it is made in the thread's scratch region.
 */
export function heapOf(tables: usize, layers: u32, block: u32): usize {
  if (block == 0) return tables;
  const heap = scratch();
  for (let l: u32 = 0; l < layers; l++) {
    fScale(heap + (4 << l), tables + (PREFIX << 2), rootAt(tables, block << l), 1 << l);
  }
  return heap;
}
