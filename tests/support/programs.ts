/** Programs with honest witnesses, committed and ready to prove. */
import type { ExtensionField } from '../../src/field/field.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import type { GroupIdentity } from '../../src/pcs/opening.ts';
import { completeInstance } from '../../src/params/choose.ts';
import type { CodeParameters } from '../../src/params/parameters.ts';
import type { Profile } from '../../src/params/profile.ts';
import { putTensor, type ProgramWitness, type RowMajor } from '../../src/relation/cells-prove.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { columnsOf } from '../../src/relation/layout.ts';
import { programInstance } from '../../src/relation/plan.ts';
import type { Coordinate, Index, Program, Table, Term, View } from '../../src/relation/program.ts';
import type { ProgramStatement } from '../../src/relation/statement.ts';
import { testSource } from './linear.ts';

/** offset + stride * index. */
export function at(index: string, stride = 1, offset = 0): Coordinate {
  return { kind: 'affine', parts: [{ index, stride }], offset };
}

export function fixed(offset: number): Coordinate {
  return { kind: 'affine', parts: [], offset };
}

/** A view by names of indices, one a dimension. */
export function view(tensor: string, ...coordinates: (string | Coordinate)[]): View {
  return { tensor, coordinates: coordinates.map((c) => (typeof c === 'string' ? at(c) : c)) };
}

export function term(coefficient: number, views: readonly View[] = [], sums: readonly Index[] = []): Term {
  return { coefficient, views, sums };
}

export function range(name: string, rows: number, first = 0): Table {
  return { name, rows, columns: [{ kind: 'range', first }] };
}

export interface ProgramCase {
  readonly program: Program;
  readonly statics: ReadonlyMap<string, Int16Array>;
  readonly witness: ProgramWitness;
}

export interface ProgramFixture extends ProgramCase {
  readonly statement: ProgramStatement;
  readonly groups: readonly OwnedGroup[];
}

/** Commits the static tensors and completes parameters for a code. */
export function programFixture(
  kernels: Kernels,
  profile: Profile,
  code: CodeParameters,
  of: ProgramCase,
  seed = 1,
): ProgramFixture {
  const field: ExtensionField = kernels.ext;
  const compiled = compileProgram(field, of.program);
  const identities = compiled.groups.map((layout, g): GroupIdentity => {
    const columns = columnsOf(layout, code.logData);
    const group = new Uint8Array(8).fill(g + 1);
    return { label: `W${g}`, group, epoch: 0, lifetime: 'static', columns, uses: 1 };
  });
  const draft = completeInstance(programInstance(compiled, identities, code.logData), code, profile);
  if (draft === undefined) throw new Error('no parameters for this code');
  const { parameters } = draft;
  const n = 2 ** code.logData;
  const groups = identities.map((identity, g) => {
    const words = new Uint32Array(identity.columns * n);
    for (const tensor of of.program.tensors) {
      if (tensor.kind !== 'static' || (tensor.group ?? 0) !== g) continue;
      const cells = of.statics.get(tensor.name) as RowMajor;
      const { index } = compiled.homes.get(tensor.name)!;
      putTensor(
        words,
        compiled.groups[g]!,
        index,
        tensor.shape,
        Uint32Array.from(cells, (x) => x & 0xffff),
      );
    }
    const cells = Int16Array.from(words);
    const read = (first: number, count: number) => cells.subarray(first * n, (first + count) * n);
    return commitGroup(kernels, testSource(field, seed + g), parameters, identity, read, 0);
  });
  const statement: ProgramStatement = {
    parameters,
    compiled,
    groups: identities.map((identity, g) => ({ ...identity, cap: groups[g]!.cap })),
    context: Uint8Array.of(9),
  };
  return { ...of, statement, groups };
}
