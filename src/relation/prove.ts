/** Proofs of programs: the prover's side of `verify.ts`, the same messages in the same order. */
import type { Kernels } from '../kernels/contract.ts';
import { affineAlgebra, type MaskedValue } from '../pads/affine.ts';
import { createProverPads, type ProverPads } from '../pads/pads-prove.ts';
import { commitPads, provePads } from '../pads/proof-prove.ts';
import { proveSumcheck } from '../pads/sumcheck-prove.ts';
import type { Claim } from '../pcs/opening.ts';
import { proveOpening, type OpenableGroup } from '../pcs/open-prove.ts';
import type { ColumnSource } from '../pcs/columns.ts';
import { residentGroups } from '../pcs/resident-prove.ts';
import { commitOwn } from '../pcs/own-prove.ts';
import { noMark, type Mark } from '../pcs/steps-prove.ts';
import { writeRoot } from '../pcs/whir/prove.ts';
import type { MaskSource } from '../random/masks.ts';
import { proveLookups } from '../tlookup/prove.ts';
import { proverChannel, type ProverChannel } from '../transcript/prover.ts';
import type { Domain } from '../transcript/statement.ts';
import type { Observer } from '../transcript/transcript.ts';
import {
  claimOf,
  columnsOfProgram,
  joinClaims,
  multiplicityClaim,
  type Columns,
  type JoinedClaims,
} from './arguments.ts';
import { ownColumns, tensorCells, type ProgramWitness, type TensorCells } from './cells-prove.ts';
import { createEvaluator } from './evaluate-prove.ts';
import { expandClaims } from './expand.ts';
import { columnsOf } from './layout.ts';
import { programPlan } from './plan.ts';
import { productOracle, productVectors } from './product-prove.ts';
import { placeSegments, productEnd } from './product.ts';
import { checkProgramStatement, programDomain, type ProgramStatement } from './statement.ts';
import { lookupWitness } from './witness-prove.ts';

export interface ProgramProverOptions {
  /**
   * `programDomain(statement)`, where the caller has it: the digest of a program of many tokens is long work. Under any other domain the
   * proof is one that no verifier accepts, since each derives the domain from its own statement.
   */
  readonly domain?: Domain;
  readonly observer?: Observer;
  /** Told where steps begin. */
  readonly mark?: Mark;
}

/**
 * A proof of a program. The caller has reserved the budget of every group and derived `source` from the reservation, and
 * checks the proof before it is released.
 *
 * @param groups the statement's groups, in its order
 * @param source of a fresh proof key
 * @throws RangeError for a malformed statement, groups or tensors that do not fit, a tuple that is no row of its table;
 *   ProofError `SELF_CHECK` for another relation that does not hold
 */
export function proveProgram(
  kernels: Kernels,
  statement: ProgramStatement,
  groups: readonly OpenableGroup[],
  source: MaskSource,
  witness: ProgramWitness,
  { domain, observer, mark = noMark }: ProgramProverOptions = {},
): Uint8Array<ArrayBuffer> {
  mark('statement');
  checkProgramStatement(statement);
  statement.groups.forEach((group, i) => {
    if (groups[i]?.source.columns !== group.columns) {
      throw new RangeError(
        `groups[${i}]: expected ${group.columns} columns, got ${groups[i]?.source.columns}`,
      );
    }
  });
  const ch = proverChannel(domain ?? programDomain(statement), observer);
  kernels.memory.secretScope(() =>
    proveProgramBody(kernels, ch, statement, groups, source, witness, true, mark),
  );
  return ch.finish();
}

/** The protocol behind the statement; call within a scope of the kernel memory. */
export function proveProgramBody(
  kernels: Kernels,
  ch: ProverChannel,
  statement: ProgramStatement,
  groups: readonly OpenableGroup[],
  source: MaskSource,
  witness: ProgramWitness,
  selfCheck = true,
  mark: Mark = noMark,
): void {
  const { compiled, parameters } = statement;
  const { logData } = parameters.code;
  const columns = columnsOfProgram(compiled, logData);
  const algebra = affineAlgebra(kernels.ext);
  const pads = createProverPads(source, programPlan(compiled, parameters, columns.count));

  mark('layout');
  const { cells: ownCells, room } = ownColumns(kernels, compiled, witness, logData);
  const cellsOf = (sources: readonly ColumnSource[]): TensorCells =>
    tensorCells(kernels, compiled, sources, ownCells, witness, logData);
  const cells = cellsOf(groups.map((group) => group.source));
  mark('lookups and multiplicities');
  const evaluate = createEvaluator(kernels, compiled, cells, witness);
  const balances = lookupWitness(kernels, compiled, cells, evaluate, ownCells);

  mark('commitment');
  const own = commitOwn(kernels, source, parameters, columnsOf(compiled.own, logData), ownCells, room);
  const committedPads = commitPads(kernels, source, parameters.pads, pads);
  writeRoot(ch, 'root/AM', own.rows);
  writeRoot(ch, 'root/PAD', committedPads.rows);

  mark('lookup argument');
  const lookup =
    compiled.lookups === undefined
      ? undefined
      : proveLookups(kernels, pads, ch, compiled.lookups.lookups, balances);
  mark('claims');
  const joined = joinClaims(algebra, ch, compiled, lookup);
  // From here on committed columns are read again and again: products fold them, the opening binds and combines them.
  const resident = residentGroups(kernels, groups, 2 ** logData);
  const residentCells = cellsOf(resident.map((group) => group.source));
  const claims = proveProducts(kernels, ch, pads, statement, columns, residentCells, joined, mark);
  if (lookup !== undefined) claims.push(multiplicityClaim(compiled, columns, lookup.multiplicities));
  proveOpening(kernels, ch, pads, { parameters, groups: resident, own }, claims, mark);
  mark('pad proof');
  provePads(kernels, ch, committedPads, pads.ledger.finish(), selfCheck);
  mark('wiping');
}

/** The claims that the equation comes to, products taken apart. */
function proveProducts(
  kernels: Kernels,
  ch: ProverChannel,
  pads: ProverPads,
  { compiled }: ProgramStatement,
  columns: Columns,
  cells: TensorCells,
  joined: JoinedClaims,
  mark: Mark,
): Claim[] {
  const field = kernels.ext;
  const { ledger } = pads;
  const { algebra } = ledger;
  const { constant, linear, segments } = expandClaims(field, joined.claims);
  const rest = algebra.sub(joined.value, algebra.constant(constant));
  if (compiled.productVars === undefined) return [claimOf(algebra, compiled, columns, linear, rest)];
  const placement = placeSegments(segments, compiled.productVars);
  return kernels.memory.scope(() => {
    mark('product vectors');
    const vectors = productVectors(kernels, compiled, cells, placement);
    mark('product rounds');
    const sum = kernels.kDot(vectors[0].words, vectors[1].words);
    const total = algebra.value(pads.send(ch, 'product/sum', [sum])[0] as MaskedValue);
    const oracle = productOracle(kernels, vectors);
    const { point, claim } = proveSumcheck(pads, ch, 'product', placement.numVars, total, oracle);
    const [a, b] = pads.send(ch, 'product/values', oracle.values()) as [MaskedValue, MaskedValue];
    ledger.assertZero(algebra.sub(claim, ledger.multiply(a, b)));
    mark('weights of claims');
    const { first, second } = productEnd(field, placement, point);
    return [
      claimOf(algebra, compiled, columns, linear, algebra.sub(rest, total)),
      claimOf(algebra, compiled, columns, first, algebra.value(a)),
      claimOf(algebra, compiled, columns, second, algebra.value(b)),
    ];
  });
}
