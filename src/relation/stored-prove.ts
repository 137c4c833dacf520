/** Programs over stored groups: weights are committed once, every proof takes from their budget and is checked before it leaves. */
import { refuse } from '../errors/proof-error.ts';
import type { Kernels } from '../kernels/contract.ts';
import { chooseParameters, completeInstance, type Choice, type Wishes } from '../params/choose.ts';
import type { Parameters } from '../params/parameters.ts';
import { noMark, type Mark } from '../pcs/steps-prove.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { storeGroup, type Home, type StoredGroup } from '../store/index.ts';
import { proveOnce, type CheckedProof } from '../store/prove-once.ts';
import { putInt16, type ProgramWitness } from './cells-prove.ts';
import { checkProgram } from './check.ts';
import { compileProgram, type CompiledProgram } from './compile.ts';
import { columnsOf, type Layout } from './layout.ts';
import { programCosts, programInstance } from './plan.ts';
import type { Program, Tensor } from './program.ts';
import { proveProgram } from './prove.ts';
import { programDomain, type ProgramStatement } from './statement.ts';
import { verifyProgram } from './verify.ts';
import { witnessName } from './name-prove.ts';

/** What is committed once for a program: the static tensors of one group. */
export interface StaticPlan {
  /** Index of the group in the program. Default 0. */
  readonly group?: number;
  /** At most eight ASCII characters. Default `W`. */
  readonly label?: string;
  /** Cells of every static tensor of the group, row-major. */
  readonly cells: ReadonlyMap<string, Int8Array | Int16Array>;
  readonly parameters: Parameters;
}

/** Parameters for a program and the groups that it will have. */
export function chooseProgramParameters(compiled: CompiledProgram, wishes: Wishes = {}): Choice {
  const statics = compiled.groups.map(({ cells }, g) => ({
    name: `W${g}`,
    lifetime: 'static' as const,
    cells,
  }));
  const groups = [...statics, { name: 'AM', lifetime: 'proof' as const, cells: compiled.own.cells }];
  return chooseParameters({ ...programCosts(compiled), groups }, wishes);
}

/**
 * Commits the static tensors of one group of a program.
 *
 * @param path of the directory to be made
 * @throws RangeError naming a tensor without cells or with another number of them; as `storeGroup`
 */
export function storeStatics(
  kernels: Kernels,
  home: Home,
  path: string,
  compiled: CompiledProgram,
  { group = 0, label = 'W', cells, parameters }: StaticPlan,
): StoredGroup {
  const layout = compiled.groups[group];
  if (layout === undefined) {
    throw new RangeError(`group: expected one of ${compiled.groups.length} groups, got ${group}`);
  }
  const rows = 2 ** parameters.code.logData;
  const columns = columnsOf(layout, parameters.code.logData);
  const all = new Int16Array(columns * rows);
  for (const tensor of compiled.program.tensors) {
    if (tensor.kind !== 'static' || (tensor.group ?? 0) !== group) continue;
    const own = cells.get(tensor.name);
    const count = tensor.shape.reduce((product, size) => product * size, 1);
    if (own?.length !== count) {
      throw new RangeError(`cells: ${tensor.name}: expected ${count}, got ${own?.length ?? 'none'}`);
    }
    putInt16(all, layout, compiled.homes.get(tensor.name)?.index as number, tensor.shape, own);
  }
  const plan = {
    label,
    lifetime: 'static',
    columns,
    parameters,
    layout: staticsDigest(compiled, group),
  } as const;
  const read = (first: number, count: number): Int16Array =>
    all.subarray(first * rows, (first + count) * rows);
  return storeGroup(kernels, home, path, plan, { kind: 'copy', read, held: true });
}

/** What the cells of a group mean: names and shapes, in order. */
function staticsDigest({ program }: CompiledProgram, group: number): Uint8Array<ArrayBuffer> {
  const own = program.tensors.filter(
    (tensor: Tensor) => tensor.kind === 'static' && (tensor.group ?? 0) === group,
  );
  return digestOfLeaves(
    'zkdl program statics 1',
    own.flatMap(({ name, shape }, i) => [
      { label: `tensor-${i}`, type: 'text' as const, value: name },
      ...shape.map((size, d) => ({ label: `size-${i}-${d}`, type: 'integer' as const, value: size })),
    ]),
  );
}

export interface ProgramRequest {
  readonly program: Program;
  /** That hold its static tensors, in the program's order. At least one. */
  readonly groups: readonly StoredGroup[];
  readonly witness: ProgramWitness;
  readonly context: Uint8Array;
  /**
   * Most bytes that the witness's columns and their codeword may take, the largest part of a prover's memory. Default: no limit.
   */
  readonly maxBytes?: number;
  /** Is told what the prover is at. */
  readonly onStep?: Mark;
}

export interface ProgramProof extends CheckedProof {
  readonly statement: ProgramStatement;
}

/**
 * Proves a program: checks it, reserves q0 positions of every group, proves, and verifies the proof before returning it.
 *
 * @throws ProofError `PROGRAM_*`, `LOOKUP_*` for a program that is refused, `MEMORY` for one that does not fit `maxBytes`,
 *   `WEAK_PARAMS` where no parameters fit: before anything is spent
 * @throws RangeError for a tuple that is no row of its table; ProofError `SELF_CHECK` for another relation that does not hold,
 *   `BUDGET_*`, file errors: no byte of a proof is returned
 * @example
 * const { statement, proof } = proveStoredProgram(kernels, home, { program, groups: [weights], witness, context });
 */
export function proveStoredProgram(kernels: Kernels, home: Home, request: ProgramRequest): ProgramProof {
  const { program, groups, witness, context, onStep = noMark } = request;
  checkProgram(kernels.ext.base, program);
  const compiled = compileProgram(kernels.ext, program);
  const [first] = groups;
  if (first === undefined) throw new RangeError('groups: expected at least one, got none');
  const { code, profile } = first.key.parameters;
  requireRoom(compiled.own, code.logData, request.maxBytes);
  const identities = groups.map((group) => group.key.group);
  const draft = completeInstance(programInstance(compiled, identities, code.logData), code, profile);
  if (draft === undefined)
    refuse('WEAK_PARAMS', 'program', 'expected parameters for this program over this code, found none');
  const { parameters } = draft;
  const statement = { parameters, compiled, groups: identities, context };
  const owned = groups.map((group) => group.owned);
  const domain = programDomain(statement);
  const checked = proveOnce(kernels, home, {
    groups,
    parameters,
    purpose: 'proof',
    domain,
    ownCells: witnessName(kernels, compiled, witness),
    prove: (source) => proveProgram(kernels, statement, owned, source, witness, { domain, mark: onStep }),
    verify(proof) {
      onStep('own verification');
      return verifyProgram(statement, proof);
    },
  });
  return { statement, ...checked };
}

function requireRoom(own: Layout, logData: number, maxBytes: number | undefined): void {
  // Columns, their codeword at four times the length, one word a cell.
  const bytes = columnsOf(own, logData) * 2 ** logData * 5 * 4;
  if (maxBytes === undefined || bytes <= maxBytes) return;
  refuse(
    'MEMORY',
    'program',
    `witness: expected at most ${maxBytes} bytes, got ${bytes}: prove fewer instances at once`,
  );
}
