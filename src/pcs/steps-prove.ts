/** Which step a prover is at, for whoever measures or shows it. Names say nothing that the statement does not. */

/** Called where a step begins; the one before has ended. */
export type Mark = (step: string) => void;

export const noMark: Mark = () => undefined;
