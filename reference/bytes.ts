/** Byte strings: integers little-endian, printable ASCII, lists one behind the other (spec/encoding.md). */

/** An unsigned integer of `byteCount` bytes; of a negative one its two's complement. */
export function littleEndian(value: bigint | number, byteCount: number): Uint8Array {
  return Uint8Array.from({ length: byteCount }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
}

export function u32(value: bigint | number): Uint8Array {
  return littleEndian(value, 4);
}

/** Many of them, one behind the other. */
export function u32s(values: readonly (bigint | number)[]): Uint8Array {
  const out = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => out.setUint32(4 * i, Number(value), true)); // modulo 2^32
  return new Uint8Array(out.buffer);
}

/** The unsigned integer that stands at bytes [from, from + byteCount). */
export function readInteger(bytes: Uint8Array, from: number, byteCount: number): bigint {
  return bytes.slice(from, from + byteCount).reduceRight((value, byte) => 256n * value + BigInt(byte), 0n);
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Pieces of `size` bytes. */
export function split(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
