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
import { freshLongTermSecret, freshTreeKey } from '../../src/random/keys.ts';
import { maskSource } from '../../src/random/masks.ts';
import { compileProgram, type CompiledProgram } from '../../src/relation/compile.ts';
import { columnsOf } from '../../src/relation/layout.ts';
import { programCosts } from '../../src/relation/plan.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import type { ProgramStatement } from '../../src/relation/statement.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import type { CodewordChoice } from '../../src/store/index.ts';
import { anchorNs, clocked, type Elapsed } from '../clock.ts';
import { freshMasks } from '../masks.ts';
import { readOptions, threadsOf } from '../options.ts';
import { medianRun, peakRss, print, timeVerifier, type Row } from '../report.ts';
import { clockedSteps, figuresOf } from '../steps.ts';
import { traced } from '../traced.ts';
import { ENGINE_CASES, type EngineCase } from './cases.ts';

const LOG_CAP = 12;
const MIN_PROOFS = 1000;
const WARM_CALLS = 5;

export async function benchEngine(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const only = options.text('--case');
  if (only !== undefined && ENGINE_CASES[only] === undefined) {
    throw new RangeError(`--case: expected one of ${Object.keys(ENGINE_CASES).join(', ')}, got ${only}`);
  }
  const kernels = await wasmKernels(threadsOf(options));
  const repeat = options.count('--repeat', 3);
  const codeword = options.choice('--codeword', ['recompute', 'keep']);
  for (const [name, make] of Object.entries(ENGINE_CASES)) {
    if (only !== undefined && name !== only) continue;
    print(benchCase(kernels, name, make(kernels), repeat, codeword), options.has('--json'));
  }
  await kernels.close();
}

function benchCase(
  kernels: Kernels,
  name: string,
  of: EngineCase,
  repeat: number,
  codeword: CodewordChoice,
): Row {
  const compiled = compileProgram(quintic, of.program);
  const { parameters, ledger } = choose(compiled);
  const { logData } = parameters.code;
  const trace = traced(kernels);
  const committed = clocked(() => commitWeights(trace.kernels, compiled, of, { parameters }, codeword));
  const groups = committed.value === undefined ? [] : [committed.value];
  const statement: ProgramStatement = {
    parameters,
    compiled,
    groups: groups.map((group) => ({ ...group.identity, cap: group.cap })),
    context: new Uint8Array(0),
  };
  const witness = { tensors: of.witness };
  const [cold, ...warm] = Array.from({ length: repeat + 1 }, () =>
    clockedSteps(trace, (step) =>
      proveProgram(trace.kernels, statement, groups, freshMasks(), witness, { mark: step }),
    ),
  );
  const median = medianRun(warm);
  return {
    case: name,
    lookups: of.lookups,
    params: of.weights?.length ?? 0,
    witnessCells: compiled.own.cells,
    ownColumns: columnsOf(compiled.own, logData),
    codeword,
    commitMs: Math.round(committed.ms),
    proveMs: Math.round(median.ms),
    proveBestMs: Math.round(Math.min(...warm.map(({ ms }) => ms))),
    proveCpuMs: Math.round(median.cpuMs),
    proveColdMs: Math.round((cold as Elapsed).ms),
    ...timeVerifier(() => verifyProgram(statement, median.value), WARM_CALLS),
    proofBytes: median.value.length,
    logData,
    padLength: parameters.code.padLength,
    securityBits: (ledger.worst.tenths ?? 0) / 10,
    threads: kernels.threads,
    ...figuresOf(median),
    anchorNs: anchorNs(kernels),
    peakRssBytes: peakRss(),
  };
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
  codeword: CodewordChoice,
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
    { absentLayers: 0, codeword: codeword === 'keep' },
  );
}
