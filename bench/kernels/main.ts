/** `npm run bench -- kernels [--json] [--only NAME]`: every kernel beside its TypeScript twin, in one run. */
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { time, type Timing } from '../measure.ts';
import { readOptions } from '../options.ts';
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

/** The kernel that others are compared with across machines: one multiplication in F. */
const ANCHOR = 'base-mul';

export interface KernelRow {
  readonly kernel: string;
  readonly unit: string;
  readonly items: number;
  /** Least ns per item over many calls: WebAssembly on one thread, on two, and the TypeScript twin. */
  readonly ns: number;
  readonly ns2Threads: number;
  readonly twinNs: number;
  /** Median ns per item on one thread: how noisy the machine was. */
  readonly medianNs: number;
  /** twinNs / ns and ns / ns2Threads. */
  readonly speedup: number;
  readonly scaling: number;
  /** ns in units of one base-field multiplication of this run. */
  readonly baseMuls: number;
  /** What the design measured on another machine (AMD Zen 5, Node 20): ns, and baseMuls relative to its ratio. */
  readonly designNs?: number;
  readonly vsDesign?: number;
}

export async function benchKernels(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const only = options.text('--only');
  const one = await wasmKernels({ threads: 1 });
  const two = await wasmKernels({ threads: 2 });
  const twin = referenceKernels(quintic);
  const anchor = CASES.find((c) => c.name === ANCHOR) as KernelCase;
  for (const c of CASES) {
    if (only !== undefined && !c.name.includes(only)) continue;
    const row = measureCase(c, anchor, { one, two, twin });
    console.log(options.has('--json') ? JSON.stringify(row) : table(row));
  }
  await Promise.all([one.close(), two.close()]);
}

interface Machines {
  readonly one: Kernels;
  readonly two: Kernels;
  readonly twin: Kernels;
}

function measureCase(c: KernelCase, anchor: KernelCase, { one, two, twin }: Machines): KernelRow {
  const perItem = (k: Kernels, of: KernelCase, items: number, budgetMs?: number): Timing =>
    k.memory.scope(() => {
      const { minNs, medianNs } = time(of.prepare(k, items), budgetMs);
      return { minNs: minNs / items, medianNs: medianNs / items };
    });
  // The anchor is measured beside every kernel: clocks drift.
  const base = perItem(one, anchor, anchor.items, 100).minNs;
  const { minNs: ns, medianNs } = perItem(one, c, c.items);
  const ns2Threads = perItem(two, c, c.items).minNs;
  const twinNs = perItem(twin, c, c.twinItems).minNs;
  const round = (x: number): number => Number(x.toPrecision(4));
  const baseMuls = ns / base;
  const design =
    c.designNs === undefined
      ? {}
      : { designNs: c.designNs, vsDesign: round(baseMuls / (c.designNs / (anchor.designNs as number))) };
  return {
    kernel: c.name,
    unit: c.unit,
    items: c.items,
    ns: round(ns),
    ns2Threads: round(ns2Threads),
    twinNs: round(twinNs),
    medianNs: round(medianNs),
    speedup: round(twinNs / ns),
    scaling: round(ns / ns2Threads),
    baseMuls: round(baseMuls),
    ...design,
  };
}

function table(row: KernelRow): string {
  const cells = [
    row.kernel.padEnd(28),
    `${row.ns.toFixed(3)} ns/${row.unit}`.padEnd(22),
    `${row.baseMuls.toFixed(2)} base-mul`.padEnd(18),
    `2 threads ${row.ns2Threads.toFixed(3)} (x${row.scaling.toFixed(2)})`.padEnd(28),
    `TypeScript ${row.twinNs.toFixed(2)} (x${row.speedup.toFixed(1)})`.padEnd(30),
    row.vsDesign === undefined ? '' : `design ${row.designNs} (x${row.vsDesign.toFixed(2)})`,
  ];
  return cells.join(' ');
}
