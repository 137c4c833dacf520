/**
 * Element types of weight files, and their exact values as binary64: every f16, bf16 and f32 is one, subnormals and
 * -0 included.
 */
import { refuse } from '../errors/proof-error.ts';

/** Bytes of an element, for every type that safetensors names. */
export const DTYPE_BYTES: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['F8_E5M2', 1],
  ['F8_E4M3', 1],
  ['U16', 2],
  ['I16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['U32', 4],
  ['I32', 4],
  ['F32', 4],
  ['U64', 8],
  ['I64', 8],
  ['F64', 8],
]);

/** The value of every f16: half a megabyte, made when the first one is read. */
let halves: Float64Array | undefined;

/** The types of which weights can be made. */
export const FLOAT_DTYPES = ['F16', 'BF16', 'F32', 'F64'] as const;

/**
 * Little-endian elements as numbers, exactly.
 * @param stage names file and tensor in errors
 * @throws ProofError `TENSOR_DTYPE` for a type that is no floating-point type of `FLOAT_DTYPES`
 */
export function decodeFloats(dtype: string, bytes: Uint8Array, stage: string): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fill = (width: number, at: (offset: number) => number): Float64Array => {
    const values = new Float64Array(bytes.length / width);
    for (let i = 0; i < values.length; i++) values[i] = at(i * width);
    return values;
  };
  switch (dtype) {
    case 'F16':
      halves ??= Float64Array.from({ length: 2 ** 16 }, (_, bits) => halfToNumber(bits));
      return fill(2, (offset) => (halves as Float64Array)[view.getUint16(offset, true)] as number);
    case 'BF16': {
      const word = new Uint32Array(1);
      const float = new Float32Array(word.buffer);
      return fill(2, (offset) => {
        word[0] = view.getUint16(offset, true) << 16;
        return float[0] as number;
      });
    }
    case 'F32':
      return fill(4, (offset) => view.getFloat32(offset, true));
    case 'F64':
      return fill(8, (offset) => view.getFloat64(offset, true));
    default:
      return refuse('TENSOR_DTYPE', stage, `expected one of ${FLOAT_DTYPES.join(', ')}, got ${dtype}`);
  }
}

/** The value of an IEEE 754 binary16. Exact: 11 significant bits, exponents -24 to 15. */
export function halfToNumber(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The binary16 nearest to a number, ties to even; overflow gives an infinity. */
export function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00; // 65520 is the tie between 65504 and the first value out of range
  // Units of the last place: 2^-24 below 2^-14, else 2^(e - 10). Both scalings are exact.
  const exponent = Math.max(-14, size === 0 ? -14 : Math.floor(Math.log2(size)));
  const unit = 2 ** (exponent - 10);
  const scaled = size / unit;
  const down = Math.floor(scaled);
  const rest = scaled - down;
  const rounded = rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
  return sign | numberBits(rounded, exponent);
}

/** rounded * 2^(exponent - 10) with rounded in [0, 2048]: carries into the exponent by themselves. */
function numberBits(rounded: number, exponent: number): number {
  return rounded < 1024 ? rounded : ((exponent + 14) << 10) + rounded;
}
