/**
 * `npm run bench -- commit --params N [--json] [--threads T] [--file] [--codeword keep]` and `npm run bench -- open ...`: a
 * group of N weights of 14 bits, committed, and opened under three claims (a random point on all columns, one cell, a block).
 *
 * Question: how long do commitment, opening and verification take on this machine, and where does the time go? Wall times
 * mean something on a quiet machine, CPU times (all threads together) on any; `anchorNs`, the time of a base-field
 * multiplication in the same run, tells machines apart.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wasmKernels } from '../../src/kernels/index.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import type { OwnedGroup } from '../../src/pcs/group-prove.ts';
import type { LinearStatement } from '../../src/pcs/linear-statement.ts';
import { proveLinear } from '../../src/pcs/linear-prove.ts';
import { anchorNs, clocked, round } from '../clock.ts';
import { freshMasks } from '../masks.ts';
import { inFreshProcess, peakRss, print, type Row, type VerifyTimes } from '../report.ts';
import { traced, type KernelTrace } from '../traced.ts';
import { exampleClaims } from './claims.ts';
import { commitWeights, weightParameters } from './commit.ts';
import { parseOptions, type PcsOptions } from './options.ts';
import { writeProof } from './verify.ts';
import { weightsInFile, weightsInMemory, type Weights } from './weights.ts';

export const benchCommit = (args: readonly string[]): Promise<void> => run('commit', parseOptions(args));
export const benchOpen = (args: readonly string[]): Promise<void> => run('open', parseOptions(args));

async function run(name: 'commit' | 'open', options: PcsOptions): Promise<void> {
  const kernels = await wasmKernels(options.threads);
  const trace = traced(kernels);
  const weights = options.file ? weightsInFile(options.params) : weightsInMemory(options.params);
  const { parameters, ledger } = weightParameters(options.params);
  const {
    value: { group, codewordBytes, close },
    ms,
    cpuMs,
  } = clocked(() => commitWeights(trace.kernels, parameters, weights, options.codeword));
  const row: Row = {
    case: name,
    params: options.params,
    commitMs: Math.round(ms),
    commitCpuMs: Math.round(cpuMs),
    keyBytes: group.cap.length,
    codeword: options.codeword,
    diskBytes: diskBytes(parameters, group) + codewordBytes,
    threads: kernels.threads,
    securityBits: (ledger.worst.tenths ?? 0) / 10,
    logData: parameters.code.logData,
    padLength: parameters.code.padLength,
    queries: parameters.code.queries,
    columns: group.identity.columns,
    phases: trace.phases(),
    counters: trace.work(),
  };
  if (name === 'open') Object.assign(row, open(trace, parameters, group, weights, options));
  row['anchorNs'] = anchorNs(kernels);
  row['peakRssBytes'] = peakRss();
  print(row, options.json);
  close();
  weights.close();
  await kernels.close();
}

/** Bytes of the cells and of the tree's lowest layer, as a group's directory has them. */
function diskBytes({ code }: Parameters, { identity, rows }: OwnedGroup): number {
  const { shape, firstLayer } = rows.stored;
  return 2 * identity.columns * 2 ** code.logData + 32 * 2 ** (shape.logLeaves - firstLayer);
}

function open(
  trace: KernelTrace,
  parameters: Parameters,
  group: OwnedGroup,
  weights: Weights,
  options: PcsOptions,
): Row {
  const { logData } = parameters.code;
  const claims = exampleClaims(trace.kernels, logData, group.identity.columns, weights.reader(logData));
  const statement: LinearStatement = {
    parameters,
    groups: [{ ...group.identity, cap: group.cap }],
    claims,
    context: new Uint8Array(0),
  };
  const prove = (): Uint8Array => proveLinear(trace.kernels, statement, [group], freshMasks());
  const first = clocked(prove);
  trace.reset();
  const runs = Array.from({ length: options.repeat }, () => clocked(prove));
  const best = runs.reduce((a, b) => (b.cpuMs < a.cpuMs ? b : a));
  return {
    proveMs: Math.round(best.ms),
    proveCpuMs: Math.round(best.cpuMs),
    proveColdCpuMs: Math.round(first.cpuMs),
    proofBytes: best.value.length,
    phases: scaled(trace.phases(), runs.length),
    counters: scaled(trace.work(), runs.length),
    ...verifyElsewhere(statement, best.value),
  };
}

const scaled = <T extends object>(sums: T, runs: number): Record<string, number> =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, round((sum as number) / runs)]));

/** Verifies in a fresh process: its first call is cold, its median warm. */
function verifyElsewhere(statement: LinearStatement, proof: Uint8Array): VerifyTimes {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-bench-'));
  try {
    const path = join(folder, 'proof.json');
    writeProof(path, statement, proof);
    return inFreshProcess(['verify', '--proof', path]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
