/** `npm run bench -- kernels [--json] [--only NAME]`: every kernel beside its TypeScript twin, in one run. */
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { time } from '../measure.ts';
import { baseCases } from './base.ts';
import type { KernelCase } from './case.ts';
import { extCases } from './ext.ts';
import { foldCases } from './fold.ts';
import { gemmCases } from './gemm.ts';
import { hashCases } from './hash.ts';
import { lookupTreeCases } from './lookup-tree.ts';
import { nttCases } from './ntt.ts';
import { sumcheckCases } from './sumcheck.ts';

const CASES: readonly KernelCase[] = [
  ...baseCases,
  ...extCases,
  ...sumcheckCases,
  ...lookupTreeCases,
  ...nttCases,
  ...hashCases,
  ...foldCases,
  ...gemmCases,
];

export interface KernelRow {
  readonly kernel: string;
  readonly unit: string;
  readonly items: number;
  /** Median ns per item: WebAssembly on one thread, on two, and the TypeScript twin. */
  readonly ns: number;
  readonly ns2Threads: number;
  readonly twinNs: number;
  /** twinNs / ns and ns / ns2Threads. */
  readonly speedup: number;
  readonly scaling: number;
  /** The design's figure for one quiet core, and ns relative to it. */
  readonly designNs?: number;
  readonly vsDesign?: number;
}

export async function benchKernels(args: readonly string[]): Promise<void> {
  const json = args.includes('--json');
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  const one = await wasmKernels({ threads: 1 });
  const two = await wasmKernels({ threads: 2 });
  const twin = referenceKernels(quintic);
  for (const c of CASES) {
    if (only !== undefined && !c.name.includes(only)) continue;
    const row = measureCase(c, one, two, twin);
    console.log(json ? JSON.stringify(row) : table(row));
  }
  await Promise.all([one.close(), two.close()]);
}

function measureCase(c: KernelCase, one: Kernels, two: Kernels, twin: Kernels): KernelRow {
  const perItem = (k: Kernels, items: number): number =>
    k.memory.scope(() => time(c.prepare(k, items)).medianNs / items);
  const ns = perItem(one, c.items);
  const ns2Threads = perItem(two, c.items);
  const twinNs = perItem(twin, c.twinItems);
  const round = (x: number): number => Number(x.toPrecision(4));
  return {
    kernel: c.name,
    unit: c.unit,
    items: c.items,
    ns: round(ns),
    ns2Threads: round(ns2Threads),
    twinNs: round(twinNs),
    speedup: round(twinNs / ns),
    scaling: round(ns / ns2Threads),
    ...(c.designNs === undefined ? {} : { designNs: c.designNs, vsDesign: round(ns / c.designNs) }),
  };
}

function table(row: KernelRow): string {
  const cells = [
    row.kernel.padEnd(28),
    `${row.ns.toFixed(3)} ns/${row.unit}`.padEnd(22),
    `2 threads ${row.ns2Threads.toFixed(3)} (x${row.scaling.toFixed(2)})`.padEnd(28),
    `TypeScript ${row.twinNs.toFixed(2)} (x${row.speedup.toFixed(1)})`.padEnd(30),
    row.vsDesign === undefined ? '' : `design ${row.designNs} (x${row.vsDesign.toFixed(2)})`,
  ];
  return cells.join(' ');
}
