/** How a prover says what it is at: names alone, so nothing of what it proves. */

export type ProofStage = 'witness' | 'committing' | 'lookups' | 'product' | 'opening' | 'own check';

/** Called when a stage begins. */
export type OnStage = (stage: ProofStage) => void;
