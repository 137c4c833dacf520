/**
 * A prover that lies where a hook says so and is honest everywhere else, with live challenges: what it writes is absorbed as
 * it is written, so a lie is paid for in every later challenge. It runs the prover's own code between three doors: the
 * channel (messages), the kernels (codewords) and the groups (columns and rows).
 */
import type { Ext } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import { codePoint } from '../../../src/code/point.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { distinctPositions } from '../../../src/merkle/rows-verify.ts';
import type { LinearStatement } from '../../../src/pcs/linear-statement.ts';
import { proveLinearBody } from '../../../src/pcs/linear-prove.ts';
import { proveLinkBody } from '../../../src/pcs/link-prove.ts';
import { powersOf, weightsAt } from '../../../src/pcs/open-verify.ts';
import type { OpenableGroup } from '../../../src/pcs/open-prove.ts';
import { applyForms, bindForms, type Form } from '../../../src/pcs/whir/functional.ts';
import { joinValues } from '../../../src/pcs/whir/verify.ts';
import { levelGeometry } from '../../../src/params/parameters.ts';
import { publicRandom, releasedValue } from '../../../src/secret/released.ts';
import { proverChannel, type ProverChannel } from '../../../src/transcript/prover.ts';
import { affineAlgebra } from '../../../src/pads/affine.ts';
import { testSource } from '../linear.ts';
import { domainOf, isLink, type AnyStatement } from './statements.ts';

const LIE = 'a lie: what it says about a witness is its own business';

/** The challenges so far, by label, in the order in which they were drawn. */
export interface Seen {
  exts(label: string): Ext[];
  positions(label: string): number[][];
}

/** Replaces the elements of the nth message of a label; `undefined` leaves them. */
export type Hook = (label: string, values: readonly Ext[], nth: number, seen: Seen) => Ext[] | undefined;

export interface Lie {
  /** What the verifier is told. */
  readonly claimed: AnyStatement;
  /** What the prover computes with, of the same kind; default: the same. */
  readonly believed?: AnyStatement;
  readonly groups: readonly OpenableGroup[];
  /** Words of the proof's own columns. */
  readonly ownCells?: Uint32Array;
  readonly hook?: Hook;
  /** Kernels that compute something else: codewords, folds. */
  readonly bend?: (kernels: Kernels, seen: Seen) => Kernels;
}

/** A channel that lies, and what it has seen. */
export interface LyingChannel extends ProverChannel {
  readonly seen: Seen;
}

/** A channel whose messages of elements of K go through a hook. */
export function lyingChannel(ch: ProverChannel, hook: Hook): LyingChannel {
  const exts = new Map<string, Ext[]>();
  const positions = new Map<string, number[][]>();
  const written = new Map<string, number>();
  const seen: Seen = {
    exts: (label) => exts.get(label) ?? [],
    positions: (label) => positions.get(label) ?? [],
  };
  const challengeExts = (label: string, count: number): Ext[] => {
    const drawn = ch.challengeExts(label, count);
    exts.set(label, [...seen.exts(label), ...drawn]);
    return drawn;
  };
  return {
    ...ch,
    seen,
    challengeExts,
    challengeExt: (label) => challengeExts(label, 1)[0] as Ext,
    challengePositions(label, count, logSize) {
      const drawn = ch.challengePositions(label, count, logSize);
      positions.set(label, [...seen.positions(label), drawn]);
      return drawn;
    },
    writeExts(label, values) {
      const nth = written.get(label) ?? 0;
      written.set(label, nth + 1);
      const lie = hook(label, releasedValue(values), nth, seen);
      ch.writeExts(label, lie === undefined ? values : publicRandom(lie, LIE));
    },
  };
}

/** The proof of a lie. */
export function proveLie(kernels: Kernels, lie: Lie, key: number): Uint8Array {
  const { claimed, believed = claimed, groups, ownCells, hook = () => undefined, bend } = lie;
  const ch = lyingChannel(proverChannel(domainOf(quintic, claimed)), hook);
  const bent = bend?.(kernels, ch.seen) ?? kernels;
  const source = testSource(quintic, key);
  if (isLink(believed)) {
    proveLinkBody(bent, ch, believed, groups as [OpenableGroup, OpenableGroup], source, false);
  } else {
    proveLinearBody(bent, ch, believed, groups, source, false, ownCells);
  }
  return ch.finish();
}

/** The point of the evaluations, low variable first. */
export function pointOf(seen: Seen): Ext[] {
  const link = seen.exts('link/r');
  return link.length > 0 ? link : [...seen.exts('merge/r')].reverse();
}

export function product(values: readonly Ext[]): Ext {
  return values.reduce((a: Ext, b) => quintic.mul(a, b), quintic.one);
}

/** How far the merge's last claim is off when claim j is stated one too high. */
export function mergeGap(seen: Seen, j: number): Ext {
  const power = powersOf(quintic, seen.exts('merge/b')[0] as Ext, j + 1)[j] as Ext;
  return quintic.mul(power, product(seen.exts('merge/r')));
}

/** The change of y of a column that closes the merge over that gap. */
export function closingY(statement: LinearStatement, seen: Seen, j: number, column = 0): Ext {
  const algebra = affineAlgebra(quintic);
  const claims = statement.claims.map(({ weight }) => ({ weight, value: algebra.zero }));
  const powers = powersOf(quintic, seen.exts('merge/b')[0] as Ext, claims.length);
  const weight = weightsAt(quintic, claims, powers, pointOf(seen)).get(column) as Ext;
  return quintic.mul(mergeGap(seen, j), quintic.inverse(weight));
}

/** The change of cell 0 of the last vector that closes the inner argument when its claim began `gap` too high. */
export function closingFinal(statement: AnyStatement, seen: Seen, gap: Ext): Ext {
  const { parameters } = statement;
  const logDomain = parameters.code.logData + 2;
  const join = (forms: readonly Form[], log: number, drawn: readonly number[], eta: Ext): Form[] => {
    const opened = distinctPositions(drawn).map((position) => ({
      x: codePoint(quintic.base, log, position),
      value: quintic.zero,
    }));
    return joinValues(quintic, forms, quintic.zero, opened, eta).forms;
  };
  const wr: Form = { kind: 'eq', coefficient: quintic.one, point: [...pointOf(seen), quintic.zero] };
  const first = seen.positions('open/positions')[0] as number[];
  let forms = join([wr], logDomain, first, seen.exts('open/eta')[0] as Ext);
  let at = 0;
  levelGeometry(parameters).forEach(({ logFold, logMessage, logCodeword }, j, levels) => {
    const gamma = seen
      .exts('whir/gamma')
      .slice(at, at + logFold)
      .reverse();
    at += logFold;
    forms = bindForms(quintic, forms, logMessage, gamma);
    if (j === levels.length - 1) return;
    const drawn = seen.positions('whir/positions')[j] as number[];
    forms = join(forms, logCodeword, drawn, seen.exts('whir/eta')[j] as Ext);
  });
  const unit = Array.from({ length: 2 ** parameters.logFinal }, (_, i) =>
    i === 0 ? quintic.one : quintic.zero,
  );
  const weight = applyForms(quintic, forms, unit);
  const left = quintic.mul(gap, product(seen.exts('whir/gamma')));
  return quintic.mul(left, quintic.inverse(weight));
}
