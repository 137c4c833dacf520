/** A committed model whose budget is the least that parameters admit for so many proofs. */
import { weightsLayout } from '../../src/answer/key.ts';
import { passOf } from '../../src/answer/statement.ts';
import { quintic } from '../../src/field/quintic.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { staticCells, staticTensors } from '../../src/graph/static-tensors.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { complete, describe } from '../../src/params/choose.ts';
import {
  columnCode,
  LINK_RESERVE,
  type CodeParameters,
  type Parameters,
} from '../../src/params/parameters.ts';
import { S128 } from '../../src/params/profile.ts';
import { leastQueries } from '../../src/params/queries.ts';
import { scheduler } from '../../src/params/schedule.ts';
import type { QuantizedModel } from '../../src/quantize/model.ts';
import { putInt16 } from '../../src/relation/cells-prove.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { columnsOf, layOut } from '../../src/relation/layout.ts';
import { programCosts } from '../../src/relation/plan.ts';
import { storeGroup, type Home, type StoredGroup } from '../../src/store/index.ts';

/** The column code with the fewest pads that there are parameters over, for so many proofs beside the reserve for links. */
export function leastCode(logData: number, proofs: number): CodeParameters {
  for (let padLength = 1; padLength <= 2 ** logData; padLength++) {
    const shape = { logData, padLength, queries: 0 };
    const queries = leastQueries(columnCode(shape), 128);
    if (queries === undefined || (proofs + LINK_RESERVE) * queries > padLength) continue;
    const code = { ...shape, queries };
    if (scheduler(S128).schedule(code) !== undefined) return code;
  }
  throw new RangeError(`logData: expected room for ${proofs} proofs, got ${logData}`);
}

/** All weights where the layout puts them, in columns of 2^logData. */
export function cellsOfModel({ graph, weights }: QuantizedModel, logData: number): Int16Array {
  const tensors = staticTensors(graph);
  const layout = layOut(tensors.map(({ shape }) => shape));
  const cells = new Int16Array(columnsOf(layout, logData) * 2 ** logData);
  for (const declaration of graph.weights) {
    for (const [name, part] of staticCells(declaration, weights.get(declaration.name)!)) {
      const at = tensors.findIndex((one) => one.name === name);
      putInt16(cells, layout, at, declaration.shape, part);
    }
  }
  return cells;
}

/** Parameters over a code, for answers of a few tokens. */
function parametersFor({ graph }: QuantizedModel, code: CodeParameters): Parameters {
  const statement = {
    model: new Uint8Array(32),
    sequences: [{ prompt: [0], completion: [0, 0] }],
    choice: 'greedy',
    context: new Uint8Array(0),
  } as const;
  const compiled = compileProgram(quintic, lowerGraph(graph, passOf(graph, statement)));
  const { cells } = layOut(staticTensors(graph).map(({ shape }) => shape));
  const groups = [
    { name: 'W', lifetime: 'static', cells } as const,
    { name: 'AM', lifetime: 'proof', cells: compiled.own.cells } as const,
  ];
  const draft = complete({ ...programCosts(compiled), groups }, code);
  if (draft === undefined) throw new RangeError('code: expected parameters over it, got none');
  return describe(draft.parameters, draft.instance).parameters;
}

/** Commits a model for so many proofs and the links behind them. */
export function commitSmall(
  kernels: Kernels,
  home: Home,
  path: string,
  model: QuantizedModel,
  logData: number,
  proofs: number,
): StoredGroup {
  const parameters = parametersFor(model, leastCode(logData, proofs));
  const rows = 2 ** logData;
  const cells = cellsOfModel(model, logData);
  const columns = cells.length / rows;
  const plan = {
    label: 'W',
    lifetime: 'static',
    columns,
    parameters,
    layout: weightsLayout(model.graph.weights),
  } as const;
  const read = (first: number, count: number): Int16Array =>
    cells.subarray(first * rows, (first + count) * rows);
  return storeGroup(kernels, home, path, plan, { kind: 'copy', read });
}
