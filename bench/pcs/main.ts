/**
 * `npm run bench -- commit --params N [--json]` and `npm run bench -- open --params N [--json]`: a group of N weights of 14
 * bits, committed, and opened once under three claims (a random point on all columns, one cell, a block).
 *
 * Question: how long do commitment, opening and verification take on this machine, and where does the time go?
 */
import { quintic } from '../../src/field/quintic.ts';
import type { Ext, Fe } from '../../src/field/field.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { extWords, readExt } from '../../src/kernels/contract/layout.ts';
import { chooseParameters } from '../../src/params/choose.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { bindLow } from '../../src/pcs/fold-prove.ts';
import { linearInstance, type LinearStatement } from '../../src/pcs/linear-statement.ts';
import { proveLinear } from '../../src/pcs/linear-prove.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import type { GroupIdentity } from '../../src/pcs/opening.ts';
import type { PublicClaim } from '../../src/pcs/claim-encoding.ts';
import { freshLongTermSecret, freshProofKey, freshTreeKey } from '../../src/random/keys.ts';
import { maskSource } from '../../src/random/masks.ts';
import { secretOf } from '../../src/secret/secret.ts';
import { traced } from '../traced.ts';

interface Options {
  readonly params: number;
  readonly json: boolean;
  readonly threads: number | undefined;
}

function parse(args: readonly string[]): Options {
  const value = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const params = Number(value('--params') ?? 2 ** 24);
  if (!Number.isSafeInteger(params) || params < 1024) {
    throw new RangeError(`--params: expected an integer of at least 1024, got ${value('--params')}`);
  }
  const threads = value('--threads');
  return {
    params,
    json: args.includes('--json'),
    threads: threads === undefined ? undefined : Number(threads),
  };
}

export const benchCommit = (args: readonly string[]): Promise<void> => run('commit', parse(args));
export const benchOpen = (args: readonly string[]): Promise<void> => run('open', parse(args));

async function run(name: 'commit' | 'open', options: Options): Promise<void> {
  const kernels = await wasmKernels(options.threads === undefined ? {} : { threads: options.threads });
  const trace = traced(kernels);
  const setup = prepare(options.params);
  const claimCount = 3;
  const { parameters, ledger } = chooseParameters(
    {
      ...linearInstance({ groups: [], claims: new Array(claimCount), context: new Uint8Array(0) }),
      groups: [
        { name: 'W', lifetime: 'static', cells: options.params },
        { name: 'AM', lifetime: 'proof', cells: 0 },
      ],
    },
    { minProofs: 1000 },
  );
  const group = await commit(trace.kernels, parameters, setup);
  const row: Record<string, unknown> = {
    case: name,
    params: options.params,
    commitMs: Math.round(group.ms),
    threads: kernels.threads,
    securityBits: (ledger.worst.tenths ?? 0) / 10,
    logData: parameters.code.logData,
    padLength: parameters.code.padLength,
    columns: group.identity.columns,
    phases: trace.phases(),
    counters: trace.calls(),
  };
  if (name === 'open') Object.assign(row, await open(trace, parameters, group));
  row['peakRssBytes'] = process.resourceUsage().maxRSS * 1024;
  console.log(options.json ? JSON.stringify(row) : table(row));
  await kernels.close();
}

interface Weights {
  readonly cells: Int16Array;
  readonly count: number;
}

/** Seeded weights of 14 bits: their values change no time. */
function prepare(count: number): Weights {
  const cells = new Int16Array(count);
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    cells[i] = (state >>> 18) - 8191;
  }
  return { cells, count };
}

type Committed = OwnedGroup & { readonly ms: number; readonly read: (f: number, n: number) => Int16Array };

async function commit(kernels: Kernels, parameters: Parameters, weights: Weights): Promise<Committed> {
  const n = 2 ** parameters.code.logData;
  const columns = Math.ceil(weights.count / n);
  const identity: GroupIdentity = {
    label: 'W',
    group: new Uint8Array(8).fill(1),
    epoch: 0,
    lifetime: 'static',
    columns,
    uses: 1,
  };
  const read = (first: number, count: number): Int16Array => {
    const piece = weights.cells.subarray(first * n, (first + count) * n);
    if (piece.length === count * n) return piece;
    const padded = new Int16Array(count * n);
    padded.set(piece);
    return padded;
  };
  const { key } = freshTreeKey({
    longTerm: freshLongTermSecret(),
    tree: 'W',
    group: 'bench',
    epoch: 0,
    codeLength: 4 * n,
    messageLength: n + parameters.code.padLength,
  });
  const logCap = Math.min(12, parameters.code.logData);
  const start = performance.now();
  const group = commitGroup(kernels, maskSource(key, quintic), parameters, identity, read, logCap);
  return { ...group, ms: performance.now() - start, read };
}

async function open(
  trace: ReturnType<typeof traced>,
  parameters: Parameters,
  group: Committed,
): Promise<Record<string, unknown>> {
  const claims = exampleClaims(trace.kernels, parameters, group);
  const statement: LinearStatement = {
    parameters,
    groups: [{ ...group.identity, cap: group.cap }],
    claims,
    context: new Uint8Array(0),
  };
  const prove = (): Uint8Array =>
    proveLinear(trace.kernels, statement, [group], maskSource(proofKey(), quintic));
  prove(); // warm
  trace.reset();
  const start = performance.now();
  const proof = prove();
  const proveMs = performance.now() - start;
  const phases = trace.phases();
  const counters = trace.calls();
  const coldStart = performance.now();
  const verdict = verifyLinear(quintic, statement, proof);
  const verifyColdMs = performance.now() - coldStart;
  if (!verdict.ok) throw new Error(`bench: the proof does not verify: ${JSON.stringify(verdict)}`);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const at = performance.now();
    verifyLinear(quintic, statement, proof);
    times.push(performance.now() - at);
  }
  times.sort((a, b) => a - b);
  return {
    proveMs: Math.round(proveMs),
    verifyMs: Math.round(10 * (times[2] as number)) / 10,
    verifyColdMs: Math.round(10 * verifyColdMs) / 10,
    proofBytes: proof.length,
    keyBytes: group.cap.length,
    phases,
    counters,
  };
}

function proofKey() {
  return freshProofKey({
    longTerm: freshLongTermSecret(),
    domainDigest: new Uint8Array(32),
    kind: 'bench',
    counters: [],
    witnessDigest: secretOf(new Uint8Array(32)),
  });
}

/** A random point on all columns, one cell, and a block of the first column, with their values. */
function exampleClaims(kernels: Kernels, parameters: Parameters, group: Committed): PublicClaim[] {
  const m = parameters.code.logData;
  const point = Array.from({ length: m }, (_, i) => quintic.fromLimbs([i + 2, 3, 5, 7, 11]));
  const coefficients = Array.from({ length: group.identity.columns }, (_, i) =>
    quintic.fromLimbs([1, i, 0, 0, 1]),
  );
  const table = new Uint32Array(extWords(2 ** m, 5));
  kernels.eqTable(table, point, quintic.one);
  let value: Ext = quintic.zero;
  const out = new Uint32Array(20);
  coefficients.forEach((c, l) => {
    bindLow(kernels, out, group.read(l, 1), 0, 1, 2 ** m, table);
    const plain = quintic.mulBase(readExt(out, 0, 5), quintic.base.inverse(kernels.radix));
    value = quintic.add(value, quintic.mul(c, plain));
  });
  const cell = group.read(0, 1)[5] as number;
  return [
    {
      weight: coefficients.map((coefficient, column) => ({
        column,
        coefficient,
        factors: [{ kind: 'eq' as const, point }],
      })),
      value,
    },
    {
      weight: [{ column: 0, coefficient: quintic.one, factors: [{ kind: 'fixed', bits: m, index: 5 }] }],
      value: quintic.fromBase(quintic.base.fromInt(cell)),
    },
    {
      weight: [
        {
          column: 0,
          coefficient: quintic.one,
          factors: [
            { kind: 'dense', values: [0, 1, 0, 0].map((x) => quintic.fromBase(x as Fe)) },
            { kind: 'fixed', bits: m - 2, index: 1 },
          ],
        },
      ],
      value: quintic.fromBase(quintic.base.fromInt(cell)),
    },
  ];
}

function table(row: Record<string, unknown>): string {
  return Object.entries(row)
    .map(([key, value]) => `${key.padEnd(14)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('\n');
}
