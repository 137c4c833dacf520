// The transpose of evaluate.ts over K: out[j] = sum_p eta_p x_p^j. Every position scatters eta times powers of x
// into its block of a slice, l mirrored layers bring the blocks together, and the cosets are added up. Blocks of
// four elements (contract/layout.ts) make a slice of S rows 5 S neighbouring words.
import { add4, MU, mulConstant4, mulOne, primes, scratch } from '../montgomery';
import { powerOne } from './evaluate';
import { joinRows } from './mirror';
import { cosetAt, field, positionAt, powersAt } from './sites';
import { DATA_OFFSET, heapOf } from './twiddles';

const LIMBS: usize = 5;

/** block += eta * powers, four rows at a time. */
function scatter(block: usize, eta: usize, powers: usize, rows: u32): void {
  const p = primes();
  for (let limb: usize = 0; limb < LIMBS; limb++) {
    const word = load<u32>(eta + (limb << 2));
    const w = i32x4.splat(word);
    const wMu = i32x4.splat(word * MU);
    let to = block + 16 * limb;
    const end = powers + (rows << 2);
    for (let from = powers; from < end; from += 16) {
      v128.store(to, add4(v128.load(to), mulConstant4(v128.load(from), w, wMu, p), p));
      to += 16 * LIMBS;
    }
  }
}

/** out = work * w / R, or out += work * w / R, on `vectors` vectors. */
function addTo(out: usize, work: usize, vectors: u32, w: u32, overwrite: bool): void {
  const p = primes();
  const w4 = i32x4.splat(w);
  const wMu = i32x4.splat(w * MU);
  for (let i: usize = 0; i < (<usize>vectors) << 4; i += 16) {
    const x = mulConstant4(v128.load(work + i), w4, wMu, p);
    v128.store(out + i, overwrite ? x : add4(v128.load(out + i), x, p));
  }
}

/** Adds slice `s` of a coset to the output, times g^q in part q: row j + q M of f was folded into row j. */
function addSlice(d: usize, s: u32, work: usize, g: u32, one: u32, overwrite: bool): void {
  const m = field(d, 1);
  const l = field(d, 2);
  const rows = field(d, 3);
  const k = field(d, 5);
  const out: usize = field(d, 10);
  let w = one;
  for (let part: u32 = 0; part < k; part += (<u32>1) << m) {
    for (let h: u32 = 0; h < <u32>(1 << l); h++) {
      const row = part + (h << (m - l)) + s * rows;
      if (row >= k) break;
      const blocks = (min<u32>(rows, k - row) + 3) >> 2;
      const from = work + <usize>h * (<usize>rows * (LIMBS << 2));
      addTo(out + <usize>row * (LIMBS << 2), from, blocks * <u32>LIMBS, w, overwrite);
    }
    w = mulOne(w, g);
  }
}

/**
 * Slices [first, first + count) of the output. `etas` is five words per position, advanced slice by slice in
 * `state`, which is as long; `one` is R.
 */
export function transposeSlices(d: usize, first: u32, count: u32, etas: usize, state: usize, one: u32): void {
  const l = field(d, 2);
  const rows = field(d, 3);
  const cosets = field(d, 6);
  const positions: usize = load<u32>(cosetAt(d, cosets - 1), 12);
  const blockBytes: usize = <usize>rows * (LIMBS << 2);
  const work = scratch() + DATA_OFFSET;
  for (let p: usize = 0; p < positions; p++) {
    const start = first == 0 ? one : powerOne(load<u32>(powersAt(d, <u32>p), 4), first * rows);
    scaleEta(state + p * (LIMBS << 2), etas + p * (LIMBS << 2), start);
  }
  for (let s = first; s < first + count; s++) {
    for (let e: u32 = 0; e < cosets; e++) {
      const coset = cosetAt(d, e);
      memory.fill(work, 0, blockBytes << l);
      for (let p: usize = load<u32>(coset, 8); p < <usize>load<u32>(coset, 12); p++) {
        const position = positionAt(d, <u32>p);
        const eta = state + p * (LIMBS << 2);
        scatter(work + <usize>load<u32>(position) * blockBytes, eta, powersAt(d, <u32>p), rows);
        scaleEta(eta, eta, load<u32>(position, 4));
      }
      joinRows(work, l, blockBytes, heapOf(field(d, 0), l, load<u32>(coset)));
      addSlice(d, s, work, load<u32>(coset, 4), one, e == 0);
    }
  }
}

/** Five words times w / R. */
function scaleEta(to: usize, from: usize, w: u32): void {
  for (let i: usize = 0; i < LIMBS << 2; i += 4) store<u32>(to + i, mulOne(load<u32>(from + i), w));
}
