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
import { lookupProgramDigest } from '../../src/tlookup/digest.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import { countMultiplicities } from '../../src/tlookup/multiplicities-witness.ts';
import { planLookups } from '../../src/tlookup/plan.ts';
import { proveLookups } from '../../src/tlookup/prove.ts';
import { loadLookups, type LoadedLookups } from '../../src/tlookup/shape.ts';
import { verifyLookups } from '../../src/tlookup/verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import type { Domain } from '../../src/transcript/statement.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { clocked, round } from '../clock.ts';
import { freshMasks } from '../masks.ts';
import { readOptions, threadsOf } from '../options.ts';
import { medianRun, peakRss, print } from '../report.ts';
import { traced } from '../traced.ts';

export async function benchLookups(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const count = options.count('--lookups', 2 ** 20);
  const rows = options.count('--rows', 2 ** 16);
  const kernels = await wasmKernels(threadsOf(options));
  const trace = traced(kernels);
  const lookups = pairLookups(count, rows);
  const { witness, countMs } = exampleWitness(kernels, lookups, count, rows);
  prove(trace.kernels, lookups, witness); // warm
  const runs = Array.from({ length: 3 }, () => {
    trace.reset();
    return clocked(() => prove(trace.kernels, lookups, witness));
  });
  const { value: proof, ms, cpuMs } = medianRun(runs);
  const verified = Array.from({ length: 5 }, () => clocked(() => verify(lookups, proof)));
  const row = {
    case: 'lookups',
    lookups: count,
    rows,
    threads: kernels.threads,
    proveMs: Math.round(ms),
    nsPerLookup: round((ms * 1e6) / count),
    cpuNsPerLookup: round((cpuMs * 1e6) / count),
    countMs: Math.round(countMs),
    verifyMs: round(medianRun(verified).ms),
    messageBytes: proof.length,
    phases: trace.phases(),
    counters: trace.work(),
    peakRssBytes: peakRss(),
  };
  print(row, options.has('--json'));
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
  kernels: Kernels,
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
  const sources = [[x, y]];
  const { value: multiplicities, ms } = clocked(() => countMultiplicities(kernels, lookups, 0, sources));
  return { witness: { sources, multiplicities }, countMs: ms };
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
  const pads = createProverPads(freshMasks(), planOf(lookups));
  const ch = proverChannel(domainOf(lookups));
  proveLookups(kernels, pads, ch, lookups, [witness]);
  return ch.finish();
}

/** The argument's verifier, table evaluation included. */
function verify(lookups: LoadedLookups, proof: Uint8Array): void {
  const ledger = createPadLedger(affineAlgebra(quintic), planOf(lookups));
  const ch = verifierChannel(domainOf(lookups), proof);
  verifyLookups(ledger, ch, lookups);
  ch.finish();
}
