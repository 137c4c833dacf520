/**
 * The rank test for proofs of programs. What is sent is no affine function of the witness, but it is one of the randomness, with
 * coefficients that the witness has no part in: view = f(w) + R u. Two witnesses have the same distribution of views exactly if
 * f(w) - f(w') lies in the span of R. The pad proof, which is quadratic in its pads, has a test of its own.
 */
import type { BaseField, ExtensionField } from '../../src/field/field.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { commitGroup } from '../../src/pcs/group-prove.ts';
import type { GroupIdentity } from '../../src/pcs/opening.ts';
import { putTensor, type RowMajor } from '../../src/relation/cells-prove.ts';
import type { Program } from '../../src/relation/program.ts';
import { proveProgramBody } from '../../src/relation/prove.ts';
import { toyProgram } from './hidden-program.ts';
import type { Scenario } from './hiding.ts';
import { rankExcess, type Vector } from './rank.ts';
import { coordinateName, createTape, type Coordinate, type Words } from './tape.ts';
import { viewChannel, type Challenges, type Written } from './view.ts';

export interface ProgramScenario {
  readonly kernels: Kernels;
  readonly code: Scenario['code'];
  readonly program: Program;
  /** Challenges of each proof; all proofs open the same groups, unless `group` says otherwise. */
  readonly proofs: readonly Challenges[];
  /** Which group a proof opens as group g, and how long that lives. */
  readonly group?: (proof: number, g: number) => Pick<GroupIdentity, 'label' | 'lifetime' | 'uses'>;
  /** Cells of everything, that satisfy the program: a list of proofs for each of them, static cells in common. */
  readonly witnesses: readonly (readonly ReadonlyMap<string, readonly number[]>[])[];
}

/** All that is sent but the pad proof. */
const BEFORE_PADS = (label: string): boolean => !/^(pads\/|rows\/PAD)/.test(label);

/** One run of the prover. @param part messages to look at */
export function programView(
  scenario: ProgramScenario,
  proof: number,
  words: Words,
  cells: ReadonlyMap<string, readonly number[]>,
  part = BEFORE_PADS,
): readonly Written[] {
  const { program, code } = scenario;
  const field: ExtensionField = scenario.kernels.ext;
  const { kernels, source } = createTape(scenario.kernels, words);
  const { compiled, parameters, identities } = toyProgram(field, code, program);
  const n = 2 ** code.logData;
  const groups = compiled.groups.map((layout, g) => {
    const identity: GroupIdentity = { ...(identities[g] as GroupIdentity), ...scenario.group?.(proof, g) };
    const all = new Uint32Array(identity.columns * n);
    for (const tensor of program.tensors) {
      if (tensor.kind !== 'static' || (tensor.group ?? 0) !== g) continue;
      putTensor(all, layout, compiled.homes.get(tensor.name)!.index, tensor.shape, Uint32Array.from(cells.get(tensor.name)!)); // prettier-ignore
    }
    const integers = Int16Array.from(all);
    return commitGroup(kernels, source(`key ${identity.label}`), parameters, identity, (from, columns) => integers.subarray(from * n, (from + columns) * n), 0); // prettier-ignore
  });
  const statement = {
    parameters,
    compiled,
    groups: groups.map((group) => ({ ...group.identity, cap: group.cap })),
    context: new Uint8Array(0),
  };
  const tensors = new Map<string, RowMajor>();
  for (const { kind, name } of program.tensors) {
    if (kind === 'witness')
      tensors.set(
        name,
        Uint32Array.from(cells.get(name)!, (x) => field.base.fromInt(x)),
      );
  }
  const ch = viewChannel(field, scenario.proofs[proof]!);
  kernels.memory.scope(() =>
    proveProgramBody(kernels, ch, statement, groups, source(`proof ${proof}`), { tensors }, false),
  );
  return ch.written.filter(({ label }) => part(label));
}

/** What randomness and witnesses do to the views of all proofs, one behind the other. */
export interface ProgramViews {
  /** A column for every word that was drawn. */
  readonly random: readonly Vector[];
  /** The names of these words. */
  readonly coordinates: readonly string[];
  /** Views of every further witness less those of the first. */
  readonly differences: readonly Vector[];
  /** Where the view of each proof ends. */
  readonly ends: readonly number[];
  readonly labels: readonly string[];
}

/** Streams that reach the pad proof alone. */
const PAD_PROOF = /^(padr|padx|star)$/;

export function programViews(scenario: ProgramScenario): ProgramViews {
  const F = scenario.kernels.ext.base;
  const [first] = scenario.witnesses as [ProgramScenario['witnesses'][number]];
  const flat = (sent: readonly Written[]): number[] => sent.flatMap(({ words }) => words);
  const minus = (a: readonly number[], b: readonly number[]): number[] =>
    a.map((x, i) => F.sub(F.fe(x), F.fe(b[i] as number)));
  const drawn = new Map<string, Set<number>>();
  const sent = scenario.proofs.map((_, i) => {
    const note = (at: Coordinate): number => {
      const name = coordinateName(at);
      if (!PAD_PROOF.test(at.label)) drawn.set(name, (drawn.get(name) ?? new Set()).add(i));
      return 0;
    };
    return programView(scenario, i, note, first[i]!);
  });
  const base = sent.map(flat);
  const coordinates = [...drawn.keys()];
  const random = coordinates.map((name) =>
    base.flatMap((own, i) => {
      if (!drawn.get(name)!.has(i)) return own.map(() => 0);
      const words: Words = (at) => (coordinateName(at) === name ? 1 : 0);
      return minus(flat(programView(scenario, i, words, first[i]!)), own);
    }),
  );
  const differences = scenario.witnesses
    .slice(1)
    .map((cells) => base.flatMap((own, i) => minus(flat(programView(scenario, i, () => 0, cells[i]!)), own)));
  let end = 0;
  const ends = base.map((own) => (end += own.length));
  const labels = [...new Set(sent.flatMap((own) => own.map(({ label }) => label)))];
  return { random, coordinates, differences, ends, labels };
}

/**
 * Independent differences between views of witnesses that no randomness explains.
 *
 * @param proofs the first so many
 * @param blank words that are zero instead of drawn
 */
export function leaked(
  F: BaseField,
  views: ProgramViews,
  proofs: number,
  blank: (coordinate: string) => boolean = () => false,
): number {
  const end = views.ends[proofs - 1]!;
  const cut = (vectors: readonly Vector[]): Vector[] => vectors.map((vector) => vector.slice(0, end));
  const random = views.random.filter((_, i) => !blank(views.coordinates[i]!));
  return rankExcess(F, cut(random), cut(views.differences));
}
