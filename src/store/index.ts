/**
 * Committed groups on disk, in Node: keys, secrets, budgets, proofs about them. This is the way to make proofs: a position is
 * reserved, durably, before it is drawn, masks are fresh, and every proof is checked before a byte of it is returned.
 */
export { budgetStatus, recoverBudget, type BudgetStatus } from './budget.ts';
export type { CellOrigin } from './cells.ts';
export { auditGroup, openGroup, storeGroup, type GroupPlan, type StoredGroup } from './group.ts';
export { defaultHome, openHome, type Home } from './home.ts';
export { proveStored, type LinearProof, type LinearRequest } from './prove-linear.ts';
export { linkStored, storeNextEpoch, type LinkProof, type LinkRequest } from './prove-link.ts';
