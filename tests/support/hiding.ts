/**
 * The rank test: with fixed challenges everything that an opening sends, masked or not, is an affine function of its
 * randomness u and of the committed cells w, view = v0 + R u + S w. It hides all but the claims exactly if S w lies in the
 * span of R for every w on which the claims vanish. R and S are differences of runs of the prover itself.
 */
import type { Ext, ExtensionField } from '../../src/field/field.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { affineAlgebra } from '../../src/pads/affine.ts';
import { createProverPads } from '../../src/pads/pads-prove.ts';
import { createPadPlanner, padCount, type PadPlan } from '../../src/pads/plan.ts';
import { commitPads, provePads } from '../../src/pads/proof-prove.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { proveLinkBody } from '../../src/pcs/link-prove.ts';
import { proveOpening } from '../../src/pcs/open-prove.ts';
import { planOpening, type GroupIdentity } from '../../src/pcs/opening.ts';
import { commitOwn } from '../../src/pcs/own-prove.ts';
import type { Weight } from '../../src/pcs/weight.ts';
import { writeRoot } from '../../src/pcs/whir/prove.ts';
import type { ProverChannel } from '../../src/transcript/prover.ts';
import { applyWeight, randomPoint } from './linear.ts';
import { rankExcess, rankOf, type Vector } from './rank.ts';
import { coordinateName, createTape, type Coordinate, type Tape, type Words } from './tape.ts';
import { viewChannel, type Challenges, type Written } from './view.ts';

/** One proof of a scenario. */
export interface ProofOf {
  /** Names the proof's key: two proofs of one name share their masks. */
  readonly key: string;
  /** Indices of the groups that it opens. */
  readonly groups: readonly number[];
  readonly ownColumns: number;
  /** Names the cells of its own columns, where they are not its alone; default: its key. */
  readonly ownCells?: string;
  readonly challenges: Challenges;
  /** Random point of the claim, one over all columns; no claim's value is hidden from the verifier. */
  readonly claimSeed: number;
  /** A link between its two groups, which has no claim. */
  readonly link?: boolean;
}

export interface Scenario {
  readonly kernels: Kernels;
  /** m, t, q0. */
  readonly code: { readonly logData: number; readonly padLength: number; readonly queries: number };
  readonly groups: readonly GroupIdentity[];
  readonly proofs: readonly ProofOf[];
  /** Part of the view that is looked at. */
  readonly part?: (label: string) => boolean;
  /** A planted leak: other words than those that were drawn. */
  readonly plant?: (words: Words) => Words;
  readonly plantKernels?: (kernels: Kernels) => Kernels;
}

/** Cells by name. */
export type CellsOf = (owner: string, index: number) => number;

export function toyOpeningParameters(
  field: ExtensionField,
  code: Scenario['code'],
  plan: PadPlan,
  padQueries = 2,
): Parameters {
  const size = padCount(plan);
  const level = (logFold: number, logInverseRate: number) => ({ logFold, logInverseRate, queries: 2 });
  const firstFold = code.logData - 1; // columns of four cells
  return {
    profile: unsafeToyProfile(1, { modulus: field.base.modulus, degree: field.degree }),
    code,
    levels: [level(firstFold, 1), level(1, 2)],
    logFinal: 1,
    pads: { size, logCodeword: Math.ceil(Math.log2(size + padQueries)), queries: padQueries },
  };
}

export function openingPlan(code: Scenario['code'], columns: number): PadPlan {
  const planner = createPadPlanner();
  planOpening(planner, { code } as Parameters, columns);
  return planner.plan();
}

/** A plan of one value a column and the mask's. */
export function columnsPlan(columns: number): PadPlan {
  return { exposures: columns + 1, products: [] };
}

export function claimWeight(field: ExtensionField, logData: number, columns: number, seed: number): Weight {
  const point = randomPoint(field, logData, 1000 + seed);
  return Array.from({ length: columns }, (_, column) => ({
    column,
    coefficient: randomPoint(field, 1, 2000 + 31 * seed + column)[0] as Ext,
    factors: [{ kind: 'eq', point }],
  }));
}

/** Whose cells a group holds: groups `W@0` and `W@1` are two epochs of the same cells. */
export function ownerOf(label: string): string {
  return label.split('@')[0] as string;
}

function ownOwner({ key, ownCells }: ProofOf): string {
  return ownCells ?? key;
}

/** Cells of a proof's columns, groups first. */
export function proofCells(scenario: Scenario, proof: ProofOf, cells: CellsOf): Uint32Array {
  const n = 2 ** scenario.code.logData;
  const owners = proof.groups.map((g) => scenario.groups[g] as GroupIdentity);
  return Uint32Array.from([
    ...owners.flatMap(({ label, columns }) =>
      Array.from({ length: columns * n }, (_, i) => cells(ownerOf(label), i)),
    ),
    ...Array.from({ length: proof.ownColumns * n }, (_, i) => cells(ownOwner(proof), i)),
  ]);
}

export function commitGroups(
  scenario: Scenario,
  tape: Tape,
  parameters: Parameters,
  proof: ProofOf,
  cells: CellsOf,
): OwnedGroup[] {
  const n = 2 ** scenario.code.logData;
  return proof.groups.map((g) => {
    const identity = scenario.groups[g] as GroupIdentity;
    const all = Int16Array.from({ length: identity.columns * n }, (_, i) =>
      cells(ownerOf(identity.label), i),
    );
    const read = (first: number, count: number): Int16Array => all.subarray(first * n, (first + count) * n);
    return commitGroup(tape.kernels, tape.source(`key ${identity.label}`), parameters, identity, read, 0);
  });
}

/** One run of the prover: the protocol of a linear opening, with own columns. */
export function runProof(
  scenario: Scenario,
  proof: ProofOf,
  words: Words,
  cells: CellsOf,
  ch: ProverChannel,
): { readonly parameters: Parameters; readonly groups: readonly OwnedGroup[]; readonly tape: Tape } {
  const planted = scenario.plant?.(words) ?? words;
  const tape = createTape(scenario.plantKernels?.(scenario.kernels) ?? scenario.kernels, planted);
  const { kernels } = tape;
  const { ext: field } = scenario.kernels;
  const n = 2 ** scenario.code.logData;
  const columns =
    proof.groups.reduce((sum, g) => sum + (scenario.groups[g] as GroupIdentity).columns, 0) +
    proof.ownColumns;
  const plan = proof.link === true ? columnsPlan(columns / 2) : openingPlan(scenario.code, columns);
  const parameters = toyOpeningParameters(field, scenario.code, plan);
  const groups = commitGroups(scenario, tape, parameters, proof, cells);
  const source = tape.source(proof.key);
  if (proof.link === true) {
    const [older, newer] = groups as [OwnedGroup, OwnedGroup];
    const [first, second] = [older, newer].map((group) => ({ ...group.identity, cap: group.cap }));
    const statement = { parameters, older: first!, newer: second!, context: new Uint8Array(0) };
    proveLinkBody(kernels, ch, statement, [older, newer], source);
    return { parameters, groups, tape };
  }
  const pads = createProverPads(source, plan);
  const all = proofCells(scenario, proof, cells);
  const ownCells = all.slice(all.length - proof.ownColumns * n);
  const own = commitOwn(kernels, source, parameters, proof.ownColumns, ownCells);
  const committedPads = commitPads(kernels, source, parameters.pads, pads);
  writeRoot(ch, 'root/AM', own.rows);
  writeRoot(ch, 'root/PAD', committedPads.rows);
  const weight = claimWeight(field, scenario.code.logData, columns, proof.claimSeed);
  const value = affineAlgebra(field).constant(applyWeight(field, weight, all, scenario.code.logData));
  proveOpening(kernels, ch, pads, { parameters, groups, own }, [{ weight, value }]);
  provePads(kernels, ch, committedPads, pads.ledger.finish());
  return { parameters, groups, tape };
}

/** The columns of R and of S, and what was written. */
export interface AffineView {
  readonly random: readonly Vector[];
  readonly witness: readonly Vector[];
  /** What the cells do to the values of the claims, in the order of S. */
  readonly claims: readonly Vector[];
  readonly coordinates: readonly string[];
  readonly labels: readonly string[];
}

/** What a run sends and, behind it, the values of its claims. */
function view(
  scenario: Scenario,
  proof: ProofOf,
  words: Words,
  cells: CellsOf,
): { sent: Written[]; claim: Ext } {
  const { ext: field } = scenario.kernels;
  const ch = viewChannel(field, proof.challenges);
  runProof(scenario, proof, words, cells, ch);
  const all = proofCells(scenario, proof, cells);
  const { logData } = scenario.code;
  const weight = claimWeight(field, logData, all.length / 2 ** logData, proof.claimSeed);
  const part = scenario.part ?? (() => true);
  return {
    sent: ch.written.filter(({ label }) => part(label)),
    claim: proof.link === true ? field.zero : applyWeight(field, weight, all, logData),
  };
}

export function affineView(scenario: Scenario): AffineView {
  const F = scenario.kernels.ext.base;
  const zero = (): number => 0;
  const blocks = scenario.proofs.map((proof) => {
    const drawn = new Map<string, Coordinate>();
    const base = view(scenario, proof, (at) => (drawn.set(coordinateName(at), at), 0), zero);
    return { proof, drawn, base: flat(base.sent), labels: base.sent.map(({ label }) => label) };
  });
  const difference = (run: number[], base: number[]): number[] =>
    run.map((x, i) => F.sub(F.fe(x), F.fe(base[i] as number)));
  /** The column of one coordinate over all proofs, with the claims' values. */
  const column = (
    touches: (proof: ProofOf, drawn: Map<string, Coordinate>) => boolean,
    words: Words,
    cells: CellsOf,
  ): { sent: number[]; claims: number[] } => {
    const parts = blocks.map(({ proof, drawn, base }) => {
      if (!touches(proof, drawn)) {
        return { sent: base.map(() => 0), claims: [...scenario.kernels.ext.zero] as number[] };
      }
      const { sent, claim } = view(scenario, proof, words, cells);
      return { sent: difference(flat(sent), base), claims: [...claim] as number[] };
    });
    return { sent: parts.flatMap((x) => x.sent), claims: parts.flatMap((x) => x.claims) };
  };
  const coordinates = [...new Set(blocks.flatMap(({ drawn }) => [...drawn.keys()]))];
  const random = coordinates.map((name) =>
    column(
      (_, drawn) => drawn.has(name),
      (at) => (coordinateName(at) === name ? 1 : 0),
      zero,
    ),
  );
  const witness = cellNames(scenario).map(([owner, index]) =>
    column(
      (proof) => opensOwner(scenario, proof, owner),
      zero,
      (o, i) => (o === owner && i === index ? 1 : 0),
    ),
  );
  return {
    random: random.map(({ sent }) => sent),
    witness: witness.map(({ sent }) => sent),
    claims: witness.map(({ claims }) => claims),
    coordinates,
    labels: blocks.flatMap(({ labels }) => labels),
  };
}

function opensOwner(scenario: Scenario, proof: ProofOf, owner: string): boolean {
  return (
    (proof.ownColumns > 0 && owner === ownOwner(proof)) ||
    proof.groups.some((g) => ownerOf((scenario.groups[g] as GroupIdentity).label) === owner)
  );
}

function cellNames({ groups, proofs, code }: Scenario): [owner: string, index: number][] {
  const n = 2 ** code.logData;
  const owned = new Map(groups.map(({ label, columns }) => [ownerOf(label), columns]));
  for (const proof of proofs) owned.set(ownOwner(proof), proof.ownColumns);
  return [...owned].flatMap(([owner, columns]) =>
    Array.from({ length: columns * n }, (_, i): [string, number] => [owner, i]),
  );
}

function flat(sent: readonly Written[]): number[] {
  return sent.flatMap(({ words }) => words);
}

/** Independent functionals of the cells that the views reveal, the claims among them if they do. */
export function revealedFunctionals(scenario: Scenario): number {
  const { random, witness } = affineView(scenario);
  return rankExcess(scenario.kernels.ext.base, random, witness);
}

/**
 * Independent functionals of the cells that the views reveal beyond their claims. With the claims' values as further
 * entries of the view the excess is the claims' rank, unless something else shows.
 */
export function leakedFunctionals(scenario: Scenario): number {
  const F = scenario.kernels.ext.base;
  const { random, witness, claims } = affineView(scenario);
  const below = claims[0]?.map(() => 0) ?? [];
  return (
    rankExcess(
      F,
      random.map((column) => [...column, ...below]),
      witness.map((column, i) => [...column, ...(claims[i] as Vector)]),
    ) - rankOf(F, claims)
  );
}
