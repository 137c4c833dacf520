/**
 * A graph evaluated in bigints, from the text of spec/integer-semantics.md and spec/tables.md alone: one causal pass, every
 * operator by its formula. Shares no code with src/.
 */
import { blake3 } from './blake3.ts';
import { columnOf } from './table-ids.ts';

const p = 2n ** 31n - 2n ** 24n + 1n;

/** A node or a weight as it stands in the JSON. */
type Json = Readonly<Record<string, string | number>>;
interface GraphJson {
  readonly context: number;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly nodes: readonly Json[];
}
type Matrix = bigint[][];

export interface Pass {
  readonly weights: Readonly<Record<string, readonly bigint[]>>;
  readonly tokens: readonly number[];
  readonly inputs: Readonly<Record<string, readonly bigint[]>>;
  /** Rows at which sequences start. */
  readonly starts: readonly number[];
  readonly emitted: readonly number[];
  /** Absent: greedy. */
  readonly sampling?: { readonly seed: Uint8Array; readonly temperature: number };
}

/** There is no witness. */
export class NoWitness extends Error {}

const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;
const balanced = (a: bigint): bigint => {
  const r = ((a % p) + p) % p;
  return r > (p - 1n) / 2n ? r - p : r;
};
const hasBits = (a: bigint, bits: bigint): boolean => a >= -(2n ** (bits - 1n)) && a < 2n ** (bits - 1n);
const sum = (terms: readonly bigint[]): bigint => terms.reduce((a, b) => a + b, 0n);
const at = <T>(list: readonly T[], i: number): T => {
  if (i < 0 || i >= list.length) throw new RangeError(`index ${i} of ${list.length}`);
  return list[i] as T;
};
const text = (node: Json, key: string): string => String(node[key]);
const big = (node: Json, key: string): bigint => BigInt(node[key] as number);

function rounded(x: bigint, s: bigint, B: bigint, g: bigint): bigint {
  const q = floorDiv(x + 2n ** (s - 1n), 2n ** s);
  if (!hasBits(q, B + g)) throw new NoWitness('quotient');
  const [least, greatest] = [-(2n ** (B - 1n)), 2n ** (B - 1n) - 1n];
  return q < least ? least : q > greatest ? greatest : q;
}

const entry = (id: string, column: number, row: bigint): bigint =>
  BigInt(at(columnOf(id, column), Number(row)));

/** The exponent sums of section 4 for a given k, and the numerators. */
function softmaxAt(
  k: bigint,
  z: readonly bigint[],
  s: bigint,
): { e: bigint[]; S: bigint; S2: bigint; ok: boolean } {
  const u = z.map((score) => k * 2n ** (6n + s) - score);
  const ok = k >= -4096n && k < 4096n && u.every((v) => v >= 0n && v < 2n ** (s + 19n));
  const digits = u.map((v) => ({ t: floorDiv(v, 2n ** s) % 2048n, w: floorDiv(v, 2n ** (s + 11n)) }));
  const e = digits.map(({ t, w }) => (ok && w === 0n ? entry('exp2', 0, t) : 0n));
  const up = digits.map(({ t, w }, j) => (ok && w === 0n ? 2n * at(e, j) + entry('exp2', 1, t) : 0n));
  return { e, S: sum(e), S2: sum(up), ok };
}

/** All shifts that section 4 accepts: none or one. Tries the 40 octaves around the greatest score, and no cleverness. */
export function acceptedShifts(z: readonly bigint[], s: bigint): bigint[] {
  const top = z.reduce((a, b) => (a > b ? a : b));
  const middle = floorDiv(top, 2n ** (6n + s));
  const candidates = Array.from({ length: 40 }, (_, i) => middle - 20n + BigInt(i));
  return candidates.filter((k) => {
    const { S, S2, ok } = softmaxAt(k, z, s);
    return ok && S < 2n ** 15n && S2 >= 2n ** 15n;
  });
}

function attention(node: Json, q: Matrix, k: Matrix, v: Matrix, start: readonly number[]): Matrix {
  const [H, H2, D, s] = [
    big(node, 'heads'),
    big(node, 'kvHeads'),
    Number(node['headDim']),
    big(node, 'shift'),
  ];
  const window = node['window'] === undefined ? Infinity : Number(node['window']);
  return q.map((row, i) => {
    const visible = q
      .map((_, j) => j)
      .filter((j) => at(start, j) === at(start, i) && j <= i && j > i - window);
    return Array.from({ length: Number(H) }, (_, h) => {
      const h2 = Number(floorDiv(BigInt(h) * H2, H));
      const query = row.slice(h * D, (h + 1) * D);
      const z = visible.map((j) => sum(query.map((a, c) => a * at(at(k, j), h2 * D + c))));
      const shifts = acceptedShifts(z, s);
      if (shifts.length > 1) throw new RangeError('two shifts are accepted');
      if (shifts.length === 0) throw new NoWitness('shift');
      const { e, S } = softmaxAt(at(shifts, 0), z, s);
      return query.map((_, c) =>
        floorDiv(sum(visible.map((j, n) => at(e, n) * at(at(v, j), h2 * D + c))), S),
      );
    }).flat();
  });
}

function rmsnorm(node: Json, x: Matrix): Matrix {
  return x.map((row) => {
    if (row.some((a) => !hasBits(a, big(node, 'bits')))) throw new NoWitness('norm input');
    const V = big(node, 'epsilon') + sum(row.map((a) => a * a));
    let e = 0n;
    while (floorDiv(V, 4n ** e) >= 2n ** 16n) e++;
    const R = floorDiv(entry('rsqrt', 0, floorDiv(V, 4n ** e)), 2n ** e);
    return row.map((a) => floorDiv(a * R + 2n ** 13n, 2n ** 14n));
  });
}

function rotary(node: Json, x: Matrix, position: readonly number[]): Matrix {
  const id = text(node, 'table');
  const D = Number(id.split('-')[2]);
  const half = D / 2;
  const [B, g] = [big(node, 'bits'), big(node, 'guard')];
  return x.map((row, t) => {
    const out = row.slice();
    for (let head = 0; head < row.length; head += D) {
      for (let i = 0; i < half; i++) {
        const [j, j2] =
          node['order'] === 'half' ? [head + i, head + i + half] : [head + 2 * i, head + 2 * i + 1];
        const key = BigInt(at(position, t) * half + i);
        const [c, s] = [entry(id, 0, key), entry(id, 1, key)];
        out[j] = rounded(at(row, j) * c - at(row, j2) * s, 14n, B, g);
        out[j2] = rounded(at(row, j) * s + at(row, j2) * c, 14n, B, g);
      }
    }
    return out;
  });
}

/** N_v of section 6 for one position. */
export function noise(seed: Uint8Array, position: number, count: number, M: bigint): bigint[] {
  const message = new Uint8Array(64);
  message.set([...'gumbel'].map((c) => c.charCodeAt(0)));
  new DataView(message.buffer).setBigUint64(8, BigInt(position), true);
  const output = new DataView(blake3(message, 4 * count, seed).buffer);
  return Array.from({ length: count }, (_, v) => {
    const bits = output
      .getUint32(4 * v, true)
      .toString(2)
      .padStart(32, '0');
    const e = Math.min(bits.indexOf('1') < 0 ? 32 : bits.indexOf('1'), 19);
    const key = BigInt(2048 * e + parseInt(bits.slice(e + 1, e + 12), 2));
    return floorDiv(entry('gumbel', 0, key) * M + 2n ** 15n, 2n ** 16n);
  });
}

function argmax(
  node: Json,
  logits: Matrix,
  positions: readonly number[],
  sampling: Pass['sampling'],
): Matrix {
  return logits.map((row, t) => {
    const M = sampling === undefined ? 0n : (big(node, 'unit') * BigInt(sampling.temperature) + 500n) / 1000n;
    const N = sampling === undefined ? [] : noise(sampling.seed, at(positions, t), row.length, M);
    const l = row.map((a, v) => balanced(a + (N[v] ?? 0n)));
    const greatest = l.reduce((a, b) => (a > b ? a : b));
    const choice = l.indexOf(greatest);
    const D = l.map((a, v) => greatest - a - (v < choice ? 1n : 0n));
    if (!hasBits(greatest, 29n) || D.some((d) => d >= 2n ** 29n)) throw new NoWitness('choice');
    return [BigInt(choice)];
  });
}

/**
 * Results of all nodes by name.
 *
 * @param json the graph, checked by others
 * @throws NoWitness where the specification says that there is none
 */
export function evaluate(json: string, pass: Pass): Map<string, Matrix> {
  const graph = JSON.parse(json) as GraphJson;
  const tensors = new Map<string, Matrix>();
  const count = pass.tokens.length;
  const start = Array.from({ length: count }, (_, t) => Math.max(...pass.starts.filter((s) => s <= t)));
  const position = start.map((s, t) => t - s);
  const weight = (name: string): Matrix => {
    const [rows = 0, columns = 1] = graph.weights.find((w) => w.name === name)?.shape ?? [];
    return Array.from(
      { length: rows },
      (_, i) => pass.weights[name]?.slice(i * columns, (i + 1) * columns) as bigint[],
    );
  };
  const emittedRows = new Set<string>();
  for (const node of graph.nodes) {
    const read = (key: string): Matrix => tensors.get(text(node, key)) as Matrix;
    const zip = (f: (a: bigint, b: bigint) => bigint): Matrix =>
      read('left').map((row, t) => row.map((a, j) => f(a, at(at(read('right'), t), j))));
    const compute = (): Matrix => {
      switch (node['op']) {
        case 'input': {
          const width = Number(node['width']);
          const data = pass.inputs[text(node, 'name')] as readonly bigint[];
          if (data.some((a) => !hasBits(a, big(node, 'bits')))) throw new NoWitness('input');
          return pass.tokens.map((_, t) => data.slice(t * width, (t + 1) * width));
        }
        case 'embedding': {
          const E = weight(text(node, 'table'));
          const P = node['positions'] === undefined ? undefined : weight(text(node, 'positions'));
          const columns = Array.from({ length: Number(node['width']) }, (_, j) => j);
          return pass.tokens.map((id, t) =>
            columns.map((j) =>
              balanced(at(at(E, id), j) + (P === undefined ? 0n : at(at(P, at(position, t)), j))),
            ),
          );
        }
        case 'linear': {
          const W = weight(text(node, 'weight'));
          const b = node['bias'] === undefined ? undefined : weight(text(node, 'bias'));
          return read('input').map((x) =>
            W.map((w, j) =>
              balanced(sum(w.map((a, k) => a * at(x, k))) + (b === undefined ? 0n : at(at(b, j), 0))),
            ),
          );
        }
        case 'requantise': {
          const [s, B, g] = [big(node, 'shift'), big(node, 'bits'), big(node, 'guard')];
          return read('input').map((row) => row.map((x) => rounded(x, s, B, g)));
        }
        case 'add':
          return zip((a, b) => balanced(a + b));
        case 'product':
          return zip((a, b) => a * b);
        case 'scale':
          return read('input').map((row) => row.map((x) => x * 2n ** big(node, 'power')));
        case 'centre':
          return read('input').map((row) => {
            const d = BigInt(row.length);
            const mu = floorDiv(2n * sum(row) + d, 2n * d);
            return row.map((x) => x - mu);
          });
        case 'concat':
          return read('left').map((row, t) => [...row, ...at(read('right'), t)]);
        case 'emit':
          return pass.emitted.map((t) => at(read('input'), t));
        case 'rmsnorm':
          return rmsnorm(node, read('input'));
        case 'rope':
          return rotary(node, read('input'), position);
        case 'attention':
          return attention(node, read('query'), read('key'), read('value'), start);
        case 'activation': {
          const id = text(node, 'table');
          const half = columnOf(id, 0).length / 2;
          return read('input').map((row) =>
            row.map((x) => {
              if (x < BigInt(-half) || x >= BigInt(half)) throw new NoWitness('activation');
              return entry(id, 0, x + BigInt(half));
            }),
          );
        }
        case 'argmax': {
          const emitted = emittedRows.has(text(node, 'input'));
          return argmax(
            node,
            read('input'),
            emitted ? pass.emitted.map((t) => at(position, t)) : position,
            pass.sampling,
          );
        }
        default:
          throw new RangeError(`no operator ${node['op']}`);
      }
    };
    const inputs = ['input', 'left', 'query'].map((key) => text(node, key));
    if (node['op'] === 'emit' || inputs.some((name) => emittedRows.has(name)))
      emittedRows.add(text(node, 'name'));
    tensors.set(text(node, 'name'), compute());
  }
  return tensors;
}
