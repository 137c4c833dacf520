/** Verbs of training graphs: corpora, runs, their proofs, and answers by what was trained. */
export { commitCorpusToFolder, type CommitCorpusOptions, type CommittedCorpus } from './corpus.ts';
export { proveTuned, type ProvenTuned, type ProveTunedOptions } from './prove-tuned.ts';
export { proveTuning, type ProvenTuning, type ProveTuningOptions } from './prove-tuning.ts';
export { tune, type Tuned, type TuneOptions } from './tune.ts';
export { verifyTunedFile, type TunedFileVerdict, type VerifyTunedOptions } from './verify-tuned.ts';
export { verifyTuningFiles } from './verify-tuning.ts';
export type { AgreedTuning, TuningFileVerdict, VerifyTuningOptions } from './verify-tuning.ts';
