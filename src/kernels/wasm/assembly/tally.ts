// Counting looked-up rows. `at`: the addresses of four columns of tuples, of four columns of rows, and of the slots.
// @ts-ignore: decorator
@inline
function word(base: usize, i: u32): u32 {
  return load<u32>(base + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
function increment(counts: usize, row: u32): void {
  const address = counts + (<usize>row << 2);
  store<u32>(address, load<u32>(address) + 1);
}

/** Rows by their first column, `start` on: at `slot` the first of n tuples of `width` columns that is no row, else n. */
export function tallyRange(slot: usize, counts: usize, at: usize, start: u32, rows: u32, width: u32, n: u32): void {
  const c0 = <usize>load<u32>(at, 0);
  const c1 = <usize>load<u32>(at, 4);
  const c2 = <usize>load<u32>(at, 8);
  const c3 = <usize>load<u32>(at, 12);
  const t1 = <usize>load<u32>(at, 20);
  const t2 = <usize>load<u32>(at, 24);
  const t3 = <usize>load<u32>(at, 28);
  let i: u32 = 0;
  for (; i < n; i++) {
    const row = word(c0, i) - start; // wraps to what is no row where the word is smaller
    if (row >= rows) break;
    if (width > 1 && word(t1, row) !== word(c1, i)) break;
    if (width > 2 && word(t2, row) !== word(c2, i)) break;
    if (width > 3 && word(t3, row) !== word(c3, i)) break;
    increment(counts, row);
  }
  store<u32>(slot, i);
}

// @ts-ignore: decorator
@inline
function hashOf(x0: u32, x1: u32, x2: u32, x3: u32): u32 {
  const a = ((x0 ^ 0x9e3779b9) * 0x85ebca6b) ^ (x1 * 0xc2b2ae35);
  const b = ((x2 ^ (a >> 15)) * 0x27d4eb2f) ^ (x3 * 0x165667b1);
  return a ^ b ^ (b >> 15) ^ (a >> 13);
}

/** The same for rows in slots by the hash of their tuple. */
export function tallySlots(slot: usize, counts: usize, at: usize, mask: u32, n: u32): void {
  const c0 = <usize>load<u32>(at, 0);
  const c1 = <usize>load<u32>(at, 4);
  const c2 = <usize>load<u32>(at, 8);
  const c3 = <usize>load<u32>(at, 12);
  const t0 = <usize>load<u32>(at, 16);
  const t1 = <usize>load<u32>(at, 20);
  const t2 = <usize>load<u32>(at, 24);
  const t3 = <usize>load<u32>(at, 28);
  const slots = <usize>load<u32>(at, 32);
  let i: u32 = 0;
  for (; i < n; i++) {
    const x0 = word(c0, i);
    const x1 = word(c1, i);
    const x2 = word(c2, i);
    const x3 = word(c3, i);
    let k = hashOf(x0, x1, x2, x3) & mask;
    let row = word(slots, k);
    while (
      <i32>row >= 0 &&
      (word(t0, row) !== x0 || word(t1, row) !== x1 || word(t2, row) !== x2 || word(t3, row) !== x3)
    ) {
      k = (k + 1) & mask;
      row = word(slots, k);
    }
    if (<i32>row < 0) break;
    increment(counts, row);
  }
  store<u32>(slot, i);
}

/** out += a, n words modulo 2^32. */
export function addWords(out: usize, a: usize, n: usize): void {
  const end = out + ((n >> 2) << 4);
  while (out < end) {
    v128.store(out, i32x4.add(v128.load(out), v128.load(a)));
    out += 16;
    a += 16;
  }
  for (let i: usize = 0; i < (n & 3); i++) store<u32>(out + (i << 2), load<u32>(out + (i << 2)) + load<u32>(a + (i << 2)));
}
