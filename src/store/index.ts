/**
 * Committed groups on disk, in Node: keys, secrets, budgets, proofs about them. This is the way to make proofs: a position is
 * reserved, durably, before it is drawn, masks are fresh, and every proof is checked before a byte of it is returned.
 */
export { budgetStatus, recoverBudget, type BudgetStatus } from './budget.ts';
export type { CellOrigin } from './cells.ts';
export { auditGroup, dropCodeword, keepCodeword } from './audit.ts';
export { codewordBytes } from '../pcs/codeword-commit.ts';
export type { CodewordLost } from './codeword.ts';
export { openGroup, storeGroup, type OpenOptions, type StoredGroup } from './group.ts';
export type { CodewordChoice, GroupPlan } from './group-plan.ts';
export { defaultHome, openHome, type Home } from './home.ts';
export { proveStored, type LinearProof, type LinearRequest } from './prove-linear.ts';
export { linkStored, storeNextEpoch, type LinkProof, type LinkRequest } from './prove-link.ts';
