/** Parameter sets that several tests share. */
import { ProofError } from '../../src/errors/proof-error.ts';
import {
  chooseParameters,
  complete,
  completeInstance,
  describe,
  type Choice,
} from '../../src/params/choose.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { standardChoice, STANDARD_LOG_CELLS, standardWorkload } from '../../src/params/standard.ts';
import { linkInstance, type Instance } from '../../src/params/instance.ts';
import type { Parameters } from '../../src/params/parameters.ts';

/** Every set of spec/parameters.md. */
export const LISTED: readonly { readonly name: string; readonly choice: Choice }[] = [100, 1000].flatMap(
  (minProofs) =>
    STANDARD_LOG_CELLS.map((log) => ({
      name: `2^${log} cells, ${minProofs} proofs`,
      choice: standardChoice(log, { minProofs }),
    })),
);

/** The worked example of the design: 2^27 cells, t = 2^18. */
export const MAIN: Choice = standardChoice(27, { minProofs: 1000 });

/** The same column code, schedule and pads as the design document lists them. */
export function designChoice(): Choice {
  const draft = complete(standardWorkload(2 ** 27), { logData: 20, padLength: 2 ** 18, queries: 211 });
  if (draft === undefined) throw new Error('no schedule at 2^27');
  const level = (logFold: number, logInverseRate: number, queries: number) => ({
    logFold,
    logInverseRate,
    queries,
  });
  const parameters = {
    ...draft.parameters,
    levels: [level(4, 3, 155), level(4, 4, 141), level(3, 4, 141)],
    logFinal: 10,
    pads: { size: 4096, logCodeword: 14, queries: 193 },
  };
  return describe(parameters, draft.instance);
}

/** The link proof between two epochs of the worked example. */
export function linkChoice(): Choice {
  const draft = completeInstance(linkInstance(128), MAIN.parameters.code);
  if (draft === undefined) throw new Error('no schedule for the link');
  return describe(draft.parameters, draft.instance);
}

/** A small set over F_97, [K : F] = 2: every number is honest and none is secure. */
export function toyChoice(): Choice {
  const workload = {
    kind: 'program' as const,
    groups: [
      { name: 'static', lifetime: 'static' as const, cells: 10 },
      { name: 'witness', lifetime: 'proof' as const, cells: 5 },
    ],
    balances: [7, 3],
    claims: 2,
    exposed: 2,
    products: 1,
    constraints: 2,
    terms: [],
  };
  return chooseParameters(workload, { minProofs: 0 }, unsafeToyProfile(1, { modulus: 97, degree: 2 }));
}

/** The code with which `run` refuses, or `accepted`; anything else but a ProofError is rethrown. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProofError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** A set with some numbers replaced. */
export function withCode(parameters: Parameters, code: Partial<Parameters['code']>): Parameters {
  return { ...parameters, code: { ...parameters.code, ...code } };
}

/** A set with numbers of level j replaced. */
export function withLevel(
  parameters: Parameters,
  j: number,
  level: Partial<Parameters['levels'][number]>,
): Parameters {
  return { ...parameters, levels: parameters.levels.map((old, i) => (i === j ? { ...old, ...level } : old)) };
}

/** A set with numbers of the pads replaced. */
export function withPads(parameters: Parameters, pads: Partial<Parameters['pads']>): Parameters {
  return { ...parameters, pads: { ...parameters.pads, ...pads } };
}

/** An instance with the group of that lifetime replaced. */
export function withGroup(
  instance: Instance,
  name: string,
  group: Partial<Instance['groups'][number]>,
): Instance {
  return {
    ...instance,
    groups: instance.groups.map((old) => (old.name === name ? { ...old, ...group } : old)),
  };
}
