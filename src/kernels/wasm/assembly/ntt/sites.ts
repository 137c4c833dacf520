// What evaluate.ts and transpose.ts know about the positions, as words at `d` (written by wasm/evaluate.ts):
//
//   0 tables of roots          5 rows of the message (or of out) 10 message (evaluate) or out (transpose)
//   1 m: cosets have 2^m rows  6 number of cosets               11 kind of the message
//   2 l: layers per slice      7 cosets: 4 words each           12 columns: items of a message row
//   3 S: rows of a slice       8 positions: 2 words each        13 width: columns taken from each row
//   4 words of a work row      9 powers: S words per position
//
// A coset is [block, g R, first position, end]; a position is [block of 2^l within its coset, x^S R]; powers are
// the Montgomery words of x^0 .. x^(S-1). Slice s is the rows j with j mod 2^(m-l) in [s S, (s+1) S).

// @ts-ignore: decorator
@inline
export function field(d: usize, index: usize): u32 {
  return load<u32>(d + (index << 2));
}

// @ts-ignore: decorator
@inline
export function cosetAt(d: usize, e: u32): usize {
  return <usize>field(d, 7) + (e << 4);
}

// @ts-ignore: decorator
@inline
export function positionAt(d: usize, p: u32): usize {
  return <usize>field(d, 8) + (p << 3);
}

// @ts-ignore: decorator
@inline
export function powersAt(d: usize, p: u32): usize {
  return <usize>field(d, 9) + ((p * field(d, 3)) << 2);
}
