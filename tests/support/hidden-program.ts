/** A program with lookups, products, vanishing relations and columns of its own, small enough for linear algebra over its view. */
import type { ExtensionField } from '../../src/field/field.ts';
import type { GroupIdentity } from '../../src/pcs/opening.ts';
import { columnsOfProgram } from '../../src/relation/arguments.ts';
import { compileProgram, type CompiledProgram } from '../../src/relation/compile.ts';
import { columnsOf } from '../../src/relation/layout.ts';
import { programPlan } from '../../src/relation/plan.ts';
import type { Program } from '../../src/relation/program.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { lookupOf, rangeTable, read, times } from './example-programs.ts';
import { toyOpeningParameters, type Scenario } from './hiding.ts';

const I = { name: 'i', size: 3 };

/** y = w x cell by cell, x of a table of three rows, s the sum of all y. */
export const hiddenProgram: Program = {
  tensors: [
    { kind: 'static', name: 'w', shape: [3] },
    { kind: 'witness', name: 'x', shape: [3] },
    { kind: 'witness', name: 'y', shape: [3] },
    { kind: 'witness', name: 's', shape: [1] },
  ],
  tables: [rangeTable('t', 3)],
  virtuals: [],
  relations: [
    lookupOf('x', [I], 't', [times(1, [read('x', 'i')])]),
    { kind: 'zero', name: 'y', indices: [I], terms: [times(1, [read('w', 'i'), read('x', 'i')]), times(-1, [read('y', 'i')])] }, // prettier-ignore
    { kind: 'zero', name: 's', indices: [], terms: [times(1, [read('y', 'i')], { sums: [I] }), times(-1, [read('s', 0)])] }, // prettier-ignore
  ],
};

/** All cells of it over a field of p elements. */
export function hiddenCells(p: number, w: readonly number[], x: readonly number[]): Map<string, number[]> {
  const y = w.map((value, i) => (value * x[i]!) % p);
  return new Map([['w', [...w]], ['x', [...x]], ['y', y], ['s', [y.reduce((a, b) => a + b) % p]]]); // prettier-ignore
}

export interface ToyProgram {
  readonly compiled: CompiledProgram;
  readonly parameters: Parameters;
  readonly identities: readonly GroupIdentity[];
}

/** A program under toy parameters, its groups static. */
export function toyProgram(field: ExtensionField, code: Scenario['code'], program: Program): ToyProgram {
  const compiled = compileProgram(field, program);
  const { count } = columnsOfProgram(compiled, code.logData);
  const plan = programPlan(compiled, { code } as Parameters, count);
  const identities = compiled.groups.map((layout, g): GroupIdentity => {
    const columns = columnsOf(layout, code.logData);
    return {
      label: `W${g}`,
      group: new Uint8Array(8).fill(g),
      epoch: 0,
      lifetime: 'static',
      columns,
      uses: 1,
    };
  });
  return { compiled, parameters: toyOpeningParameters(field, code, plan), identities };
}
