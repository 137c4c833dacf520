/**
 * `npm run bench -- store --params N [--json] [--threads T] [--codeword keep]`: weights committed in a directory, and opened by
 * a fresh process the way a user does it: directory, budget, proof, check by the own verifier.
 *
 * Question: what does a proof from a directory take in all, in time and memory? `openMs` is the opening of the directory
 * (the tree is hashed), `proveMs` everything behind it; `peakRssBytes` belongs to that process alone.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { openGroup, storeGroup } from '../../src/store/group.ts';
import { openHome } from '../../src/store/home.ts';
import { proveStored } from '../../src/store/prove-linear.ts';
import { clocked } from '../clock.ts';
import { inFreshProcess, peakRss, print, type Row } from '../report.ts';
import { exampleClaims } from './claims.ts';
import { weightParameters } from './commit.ts';
import { parseOptions, type PcsOptions } from './options.ts';
import { weightsInFile } from './weights.ts';

/** The option with which the fresh process is started: the folder. */
const PROVE = '--prove';

export async function benchStore(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  const kernels = await wasmKernels(options.threads);
  const at = args.indexOf(PROVE);
  if (at >= 0) console.log(JSON.stringify(prove(kernels, args[at + 1] as string)));
  else print(store(kernels, options, args), options.json);
  await kernels.close();
}

function store(kernels: Kernels, options: PcsOptions, args: readonly string[]): Row {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-bench-'));
  const weights = weightsInFile(options.params);
  try {
    const { parameters } = weightParameters(options.params);
    const { logData } = parameters.code;
    const plan = {
      label: 'W',
      lifetime: 'static',
      columns: Math.ceil(options.params / 2 ** logData),
      parameters,
      layout: new Uint8Array(32),
      codeword: options.codeword,
    } as const;
    const home = openHome(join(folder, 'home'));
    const path = join(folder, 'W');
    const { value: group, ms } = clocked(() =>
      storeGroup(kernels, home, path, plan, { kind: 'copy', read: weights.reader(logData) }),
    );
    group.close();
    return {
      case: 'store',
      params: options.params,
      codeword: options.codeword,
      storeMs: Math.round(ms),
      diskBytes: readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0),
      storePeakRssBytes: peakRss(),
      ...inFreshProcess<Row>(['store', ...args, PROVE, folder]),
    };
  } finally {
    weights.close();
    rmSync(folder, { recursive: true });
  }
}

function prove(kernels: Kernels, folder: string): Row {
  const home = openHome(join(folder, 'home'));
  const opened = clocked(() => openGroup(kernels, home, join(folder, 'W')));
  const group = opened.value;
  const { parameters } = group.key;
  const read = (first: number, count: number) => group.owned.source.data(first, count);
  const claims = exampleClaims(kernels, parameters.code.logData, group.key.group.columns, read);
  const request = { parameters, groups: [group], claims, context: new Uint8Array(0) };
  const first = clocked(() => proveStored(kernels, home, request));
  const second = clocked(() => proveStored(kernels, home, request));
  group.close();
  return {
    openMs: Math.round(opened.ms),
    proveFirstMs: Math.round(first.ms),
    proveMs: Math.round(second.ms),
    proveCpuMs: Math.round(second.cpuMs),
    proofBytes: second.value.proof.length,
    threads: kernels.threads,
    peakRssBytes: peakRss(),
  };
}
