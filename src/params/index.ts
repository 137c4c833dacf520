/**
 * Parameters by program: sets, their ledger, the gate for verifiers, and the search for whoever sets up.
 * A verifier imports `check.ts` and `encoding.ts`, never this file: sizes and searches stay out of its closure.
 */
export { S128, unsafeToyProfile, type FieldSize, type Profile } from './profile.ts';
export { budget, columnCode, levelGeometry } from './parameters.ts';
export type { Budget, Code, CodeParameters, Level, LevelGeometry, PadParameters } from './parameters.ts';
export type { Parameters } from './parameters.ts';
export type { Group, Instance, Lifetime, ProgramTerm } from './instance.ts';
export { groupPadLength, linkInstance, maskedElements, padSize, totalColumns } from './instance.ts';
export { ledger, type ChallengeError, type Ledger, type Row } from './ledger.ts';
export { formatBits, tenthsOfBits, type Rational } from './rational.ts';
export { checkParameters, unsafeCheckToyParameters } from './check.ts';
export { decodeParameters, encodeParameters } from './encoding.ts';
export { proofSize, type Part, type ProofSize } from './size.ts';
export { chooseParameters, complete, completeInstance, describe, instantiate } from './choose.ts';
export type { CellGroup, Choice, Draft, Wishes, Workload } from './choose.ts';
