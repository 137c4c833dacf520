/**
 * Programs of tensor relations: written with a builder, checked, committed, proven and verified. No machine learning in here.
 */
export { programBuilder, type ProgramBuilder } from './builder.ts';
export { causal, gather, merge, slice, term, type Handle } from './handles.ts';
export { repeatProgram, instanceName, type RepeatOptions } from './repeat.ts';
export { checkProgram } from './check.ts';
export { checkWitness, findViolation, type Violation } from './check-witness.ts';
export { compileProgram, type CompiledProgram } from './compile.ts';
export { programDigest } from './digest.ts';
export { residueTensors } from './ranges.ts';
export type { ProgramWitness, RowMajor } from './cells-prove.ts';
export type {
  Coordinate,
  Index,
  Mask,
  Program,
  Range,
  Relation,
  Table,
  Tensor,
  Term,
  View,
  Virtual,
} from './program.ts';
export type { ProgramStatement } from './statement.ts';
export {
  chooseProgramParameters,
  proveStoredProgram,
  storeStatics,
  type ProgramProof,
  type ProgramRequest,
  type StaticPlan,
} from './stored-prove.ts';
export { verifyProgram } from './verify.ts';
export { verifyProgramClaim, type ProgramClaim } from './verify-program.ts';
