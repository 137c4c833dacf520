/**
 * `npm run bench -- lookups [--lookups N] [--rows N] [--threads N] [--json]`: N pair lookups into one table, argument alone:
 * no commitment, no opening.
 *
 * Question: what does a lookup cost, and how much of that is kernels? CPU time counts all threads.
 */
import type { Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { affineAlgebra } from '../../src/pads/affine.ts';
import { createPadLedger } from '../../src/pads/ledger.ts';
import { createProverPads } from '../../src/pads/pads-prove.ts';
import { createPadPlanner } from '../../src/pads/plan.ts';
import { freshLongTermSecret, freshProofKey } from '../../src/random/keys.ts';
import { maskSource } from '../../src/random/masks.ts';
import { secretOf } from '../../src/secret/secret.ts';
import { lookupProgramDigest } from '../../src/tlookup/digest.ts';
import type { BalanceWitness } from '../../src/tlookup/forest-prove.ts';
import { countMultiplicities } from '../../src/tlookup/multiplicities-witness.ts';
import { planLookups } from '../../src/tlookup/plan.ts';
import { proveLookups } from '../../src/tlookup/prove.ts';
import { loadLookups, type LoadedLookups } from '../../src/tlookup/shape.ts';
import { verifyLookups } from '../../src/tlookup/verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import type { Domain } from '../../src/transcript/statement.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { traced } from '../traced.ts';

function option(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(name);
  const value = at < 0 ? fallback : Number(args[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name}: expected a positive integer, got ${args[at + 1]}`);
  }
  return value;
}

export async function benchLookups(args: readonly string[]): Promise<void> {
  const count = option(args, '--lookups', 2 ** 20);
  const rows = option(args, '--rows', 2 ** 16);
  const kernels = await wasmKernels(
    args.includes('--threads') ? { threads: option(args, '--threads', 1) } : {},
  );
  const trace = traced(kernels);
  const lookups = pairLookups(count, rows);
  const { witness, countMs } = exampleWitness(lookups, count, rows);
  prove(trace.kernels, lookups, witness); // warm
  const runs = Array.from({ length: 3 }, () => {
    trace.reset();
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    const proof = prove(trace.kernels, lookups, witness);
    const used = process.cpuUsage(cpu);
    return { proof, ms: performance.now() - start, cpuMs: (used.user + used.system) / 1000 };
  }).sort((a, b) => a.ms - b.ms);
  const { proof, ms, cpuMs } = runs[1]!;
  const verifyMs = Array.from({ length: 5 }, () => verify(lookups, proof)).sort((a, b) => a - b)[2]!;
  const row = {
    case: 'lookups',
    lookups: count,
    rows,
    threads: kernels.threads,
    proveMs: Math.round(ms),
    nsPerLookup: Math.round((10 * ms * 1e6) / count) / 10,
    cpuNsPerLookup: Math.round((10 * cpuMs * 1e6) / count) / 10,
    countMs: Math.round(countMs),
    verifyMs: Math.round(10 * verifyMs) / 10,
    messageBytes: proof.length,
    phases: trace.phases(),
    counters: trace.work(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  const lines = Object.entries(row).map(
    ([key, value]) => `${key.padEnd(16)} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  console.log(args.includes('--json') ? JSON.stringify(row) : lines.join('\n'));
  await kernels.close();
}

/** x -> x^2 mod p on [0, rows). */
function pairLookups(count: number, rows: number): LoadedLookups {
  const { base } = quintic;
  const values = Uint32Array.from({ length: rows }, (_, i) => base.mul(i as Fe, i as Fe));
  const columns = [
    { kind: 'range', first: 0 },
    { kind: 'dense', values },
  ] as const;
  return loadLookups(base, {
    tables: [{ tag: 1, rows, columns }],
    balances: [{ sources: [{ table: 0, count }], tables: [0] }],
  });
}

/** Seeded rows: which ones changes no time of the argument. */
function exampleWitness(
  lookups: LoadedLookups,
  count: number,
  rows: number,
): { witness: BalanceWitness; countMs: number } {
  const table = lookups.program.tables[0]!.columns[1]!;
  const [x, y] = [new Uint32Array(count), new Uint32Array(count)];
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    x[i] = (state >>> 8) % rows;
    y[i] = table.kind === 'dense' ? table.values[x[i]!]! : 0;
  }
  const start = performance.now();
  const sources = [[x, y]];
  const multiplicities = countMultiplicities(lookups, 0, sources);
  return { witness: { sources, multiplicities }, countMs: performance.now() - start };
}

function domainOf(lookups: LoadedLookups): Domain {
  return {
    protocol: 'zkdl',
    kind: 'bench-lookups',
    formatVersion: 1,
    field: quintic,
    parametersDigest: new Uint8Array(32),
    statementDigest: lookupProgramDigest(lookups),
  };
}

function planOf(lookups: LoadedLookups) {
  const planner = createPadPlanner();
  planLookups(planner, lookups);
  return planner.plan();
}

function prove(kernels: Kernels, lookups: LoadedLookups, witness: BalanceWitness): Uint8Array {
  const key = freshProofKey({
    longTerm: freshLongTermSecret(),
    domainDigest: new Uint8Array(32),
    kind: 'bench',
    counters: [],
    witnessDigest: secretOf(new Uint8Array(32)),
  });
  const pads = createProverPads(maskSource(key, quintic), planOf(lookups));
  const ch = proverChannel(domainOf(lookups));
  proveLookups(kernels, pads, ch, lookups, [witness]);
  return ch.finish();
}

/** Milliseconds of the argument's verifier, table evaluation included. */
function verify(lookups: LoadedLookups, proof: Uint8Array): number {
  const start = performance.now();
  const ledger = createPadLedger(affineAlgebra(quintic), planOf(lookups));
  const ch = verifierChannel(domainOf(lookups), proof);
  verifyLookups(ledger, ch, lookups);
  ch.finish();
  return performance.now() - start;
}
