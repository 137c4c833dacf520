/** How a prover says what it is at: names alone, so nothing of what it proves. */

export type ProofStage =
  | 'key'
  | 'execution'
  | 'lowering'
  | 'values'
  | 'budget'
  | 'witness'
  | 'committing'
  | 'lookups'
  | 'product'
  | 'opening'
  | 'pads'
  | 'own check';

/** Called when a stage begins. */
export type OnStage = (stage: ProofStage) => void;
