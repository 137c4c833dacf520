/**
 * `npm run bench -- engine [--case engine-a|engine-b|engine-c] [--codeword keep] [--repeat N] [--threads N] [--json]`: proofs of programs.
 *
 * Question: what do lookups, contractions and both together cost, whole proofs of them: witness committed, arguments,
 * opening, bytes? engine-a: 2^20 pair lookups into 2^16 rows. engine-b: 2^24 static weights against 32 rows. engine-c: one
 * program with four million pair lookups (eight million witness elements, every row used) and the contraction of engine-b.
 */
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { chooseParameters, type Choice } from '../../src/params/choose.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { freshLongTermSecret, freshProofKey, freshTreeKey } from '../../src/random/keys.ts';
import { maskSource } from '../../src/random/masks.ts';
import { secretOf } from '../../src/secret/secret.ts';
import { compileProgram, type CompiledProgram } from '../../src/relation/compile.ts';
import { columnsOf } from '../../src/relation/layout.ts';
import { programCosts } from '../../src/relation/plan.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import type { ProgramStatement } from '../../src/relation/statement.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { anchorNs, clocked } from '../clock.ts';
import { traced } from '../traced.ts';
import { ENGINE_CASES, type EngineCase } from './cases.ts';

const LOG_CAP = 12;
const MIN_PROOFS = 1000;

function option(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

export async function benchEngine(args: readonly string[]): Promise<void> {
  const only = option(args, '--case');
  if (only !== undefined && ENGINE_CASES[only] === undefined) {
    throw new RangeError(`--case: expected one of ${Object.keys(ENGINE_CASES).join(', ')}, got ${only}`);
  }
  const threads = option(args, '--threads');
  const kernels = await wasmKernels(threads === undefined ? {} : { threads: Number(threads) });
  const repeat = Number(option(args, '--repeat') ?? 3);
  for (const [name, make] of Object.entries(ENGINE_CASES)) {
    if (only !== undefined && name !== only) continue;
    const row = benchCase(kernels, name, make(kernels), repeat, option(args, '--codeword') === 'keep');
    const lines = Object.entries(row).map(
      ([key, value]) => `${key.padEnd(15)} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    );
    console.log(args.includes('--json') ? JSON.stringify(row) : `${lines.join('\n')}\n`);
  }
  await kernels.close();
}

function benchCase(
  kernels: Kernels,
  name: string,
  of: EngineCase,
  repeat: number,
  keep: boolean,
): Record<string, unknown> {
  const compiled = compileProgram(quintic, of.program);
  const { parameters, ledger } = choose(compiled);
  const { logData } = parameters.code;
  const trace = traced(kernels);
  const committed = clocked(() => commitWeights(trace.kernels, compiled, of, { parameters }, keep));
  const groups = committed.value === undefined ? [] : [committed.value];
  const statement: ProgramStatement = {
    parameters,
    compiled,
    groups: groups.map((group) => ({ ...group.identity, cap: group.cap })),
    context: new Uint8Array(0),
  };
  const witness = { tensors: of.witness };
  const prove = (): Uint8Array => {
    const source = maskSource(proofKey(), quintic);
    const bytes = proveProgram(trace.kernels, statement, groups, source, witness, undefined, trace.mark);
    trace.mark(undefined);
    return bytes;
  };
  const cold = clocked(prove);
  trace.reset();
  const runs = Array.from({ length: repeat }, () => clocked(prove)).sort((a, b) => a.ms - b.ms);
  const median = runs[repeat >> 1] as (typeof runs)[number];
  const first = clocked(() => verified(statement, median.value));
  const warm = Array.from({ length: 5 }, () => clocked(() => verified(statement, median.value)).ms);
  return {
    case: name,
    lookups: of.lookups,
    params: of.weights?.length ?? 0,
    witnessCells: compiled.own.cells,
    ownColumns: columnsOf(compiled.own, logData),
    codeword: keep ? 'keep' : 'recompute',
    commitMs: Math.round(committed.ms),
    proveMs: Math.round(median.ms),
    proveBestMs: Math.round((runs[0] as (typeof runs)[number]).ms),
    proveCpuMs: Math.round(median.cpuMs),
    proveColdMs: Math.round(cold.ms),
    verifyMs: Math.round(warm.sort((a, b) => a - b)[2] as number),
    verifyColdMs: Math.round(first.ms),
    proofBytes: median.value.length,
    logData,
    padLength: parameters.code.padLength,
    securityBits: (ledger.worst.tenths ?? 0) / 10,
    threads: kernels.threads,
    phases: Object.fromEntries(Object.entries(trace.phases()).map(([k, ms]) => [k, Math.round(ms / repeat)])),
    counters: Object.fromEntries(Object.entries(trace.work()).map(([k, n]) => [k, Math.round(n / repeat)])),
    anchorNs: anchorNs(kernels),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function verified(statement: ProgramStatement, proof: Uint8Array): void {
  const verdict = verifyProgram(statement, proof);
  if (!verdict.ok) throw new Error(`bench: expected a proof that verifies, got ${verdict.code}`);
}

function choose(compiled: CompiledProgram): Choice {
  const statics = compiled.groups.map(({ cells }, g) => ({
    name: `W${g}`,
    lifetime: 'static' as const,
    cells,
  }));
  const groups = [...statics, { name: 'AM', lifetime: 'proof' as const, cells: compiled.own.cells }];
  return chooseParameters(
    { ...programCosts(compiled), groups },
    statics.length > 0 ? { minProofs: MIN_PROOFS } : {},
  );
}

function commitWeights(
  kernels: Kernels,
  compiled: CompiledProgram,
  { weights }: EngineCase,
  { parameters }: Pick<ProgramStatement, 'parameters'>,
  keep: boolean,
): OwnedGroup | undefined {
  const [layout] = compiled.groups;
  if (layout === undefined || weights === undefined) return undefined;
  const { logData, padLength } = parameters.code;
  const n = 2 ** logData;
  const { key } = freshTreeKey({
    longTerm: freshLongTermSecret(),
    tree: 'W0',
    group: 'bench',
    epoch: 0,
    codeLength: 4 * n,
    messageLength: n + padLength,
  });
  const columns = columnsOf(layout, logData);
  // One matrix whose sides are powers of two: its one block is the matrix as it is.
  return commitGroup(
    kernels,
    maskSource(key, quintic),
    parameters,
    { label: 'W0', group: new Uint8Array(8).fill(1), epoch: 0, lifetime: 'static', columns, uses: 1 },
    (firstColumn, count) => weights.subarray(firstColumn * n, (firstColumn + count) * n),
    Math.min(LOG_CAP, logData),
    { absentLayers: 0, codeword: keep },
  );
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
