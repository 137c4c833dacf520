/** Results of verbs as lines for people. */
import type { ModelInfo } from '../quantize/index.ts';
import { misses } from '../quantize/report.ts';
import type {
  CommittedFolder,
  EpochBudget,
  StepBudget,
  Estimate,
  ImportedModel,
  Inspection,
  Refreshed,
} from '../verbs/index.ts';
import { showStatement } from './show-answers.ts';
import { showTrainingInspection } from './show-training.ts';
import { showTuningInspection } from './show-tuning.ts';
import { duration, fields, hex, printable, size, times } from './terminal.ts';

/** The accuracy report as numbers that people read. */
export function accuracy({ report }: Pick<ModelInfo, 'report'>): [string, string][] {
  const { tokens, rounded, target } = report;
  const missed = misses(report);
  const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;
  const perplexity = (nano: number): string => Math.exp(nano / 1e9).toFixed(3);
  return [
    ['measured on', `${tokens} tokens of ${report.source}, seed ${report.seed}`],
    ['KL a token', `${(report.klNano / 1e9).toExponential(2)} nats (at most ${target.klNano / 1e9})`],
    [
      'same token',
      `${percent(report.agreed / Math.max(1, tokens))} (at least ${percent(target.top1Millionths / 1e6)})`,
    ],
    [
      'perplexity',
      `${perplexity(report.floatLossNano)} in floats, ${perplexity(report.integerLossNano)} in integers`,
    ],
    ['saturated', percent(report.saturated / Math.max(1, rounded))],
    [
      'missed',
      missed.length === 0
        ? 'nothing'
        : report.override === null
          ? 'see below'
          : `allowed: ${report.override}`,
    ],
  ];
}

export function showImport({ model, parameters, files, seconds }: ImportedModel): string[] {
  const { family, profile, vocab } = model.info;
  return fields([
    ['model', `${family}, ${parameters} parameters, ${vocab} tokens, profile ${profile}`],
    ...accuracy(model.info),
    ['written', `${files.model} (private), ${files.tokenizer}`],
    ['time', times(seconds)],
  ]);
}

export function showCommit(made: CommittedFolder): string[] {
  const { digest, files, keyBytes, groups, proofsLeft, seconds } = made;
  return fields([
    ['digest', hex(digest)],
    ...(groups === 1 ? [] : [['weights', `${groups} committed groups`] as const]),
    ['private', files.folder],
    ['public', `${files.key}, ${size(keyBytes)}`],
    ['budget', `${proofsLeft} proofs before a refresh`],
    ['time', times(seconds)],
  ]);
}

export function showBudget(epochs: readonly EpochBudget[]): string[] {
  return epochs.flatMap((status) => [
    `epoch ${status.epoch}${status.current ? ', in use' : ''}`,
    ...fields([
      ['  proofs left', String(status.proofsLeft)],
      ['  links left', String(status.linksLeft)],
      ...(status.groups === 1
        ? []
        : [['  groups', `${status.groups}, and the least of their numbers here`] as const]),
      ['  positions', `${status.used} of ${status.total} used`],
      ['  generation', String(status.generation)],
    ]),
    ...status.warnings.map((warning) => `  warning: ${printable(warning)}`),
  ]);
}

/** One line for each state of a run that is committed. */
export function showRunBudget(weights: readonly StepBudget[]): string[] {
  if (weights.length === 0) return ['no weights are committed yet'];
  return fields(
    weights.map(
      ({ step, proofsLeft }) =>
        [`behind ${step} ${step === 1 ? 'step' : 'steps'}`, `${proofsLeft} proofs left`] as const,
    ),
  );
}

export function showRefresh({ epoch, digest, files, linkBytes, proofsLeft, seconds }: Refreshed): string[] {
  return fields([
    ['epoch', String(epoch)],
    ['digest', hex(digest)],
    ['public', `${files.key}, ${files.link} (${size(linkBytes)})`],
    ['budget', `${proofsLeft} proofs before the next refresh`],
    ['time', times(seconds)],
  ]);
}

export function showEstimate(estimate: Estimate): string[] {
  const { seconds, proofBytes, memoryBytes, diskBytes, securityTenths, work } = estimate;
  const parts = Object.entries(seconds.proveParts).map(([name, of]) => `${name} ${duration(of)}`);
  return [
    ...fields([
      ['rows', `${estimate.rows} of ${estimate.weights} weights`],
      ...(estimate.groups === 1 ? [] : [['weights', `${estimate.groups} committed groups`] as const]),
      ['proof', `${size(proofBytes.expected)} expected, at most ${size(proofBytes.maximum)}`],
      ['soundness', `${securityTenths / 10} bits`],
      ['budget', `${estimate.proofsPerEpoch} proofs an epoch`],
      ['commit', `${duration(seconds.commit)}, ${size(memoryBytes.commit)} of memory`],
      ['generate', duration(seconds.generate)],
      ['prove', `${duration(seconds.prove)}, ${size(memoryBytes.prove)} of memory`],
      ['  of that', parts.join(', ')],
      ['verify', duration(seconds.verify)],
      ['work', `${estimate.cells} cells, ${work.leaves} leaves of lookups, ${work.products} products`],
      ['disk', `${size(diskBytes.folder)}, and ${size(diskBytes.codeword)} for a kept codeword`],
    ]),
    'Counted work at the rates of two cores; the time of another machine differs.',
  ];
}

function partLines({ parts, bytes }: Inspection): string[] {
  return fields([
    ...parts.map((part): [string, string] => [`  ${part.name}`, `${size(part.bytes)}, ${part.access}`]),
    ['  all', size(bytes)],
  ]);
}

export function showInspection(inspection: Inspection): string[] {
  const head = `${inspection.kind}, in parts`;
  if (inspection.kind === 'answer') {
    return [head, ...partLines(inspection), ...showStatement(inspection)];
  }
  if (inspection.kind === 'link') {
    const { older, newer, parameters } = inspection;
    return [
      head,
      ...partLines(inspection),
      'says, once verified',
      ...fields([
        ['  older key', older],
        ...newer.flatMap((group, g): [string, string][] => [
          ['  newer weights', `${group.digest}, epoch ${group.epoch}`],
          ['  parameters', JSON.stringify(parameters[g])],
        ]),
      ]),
    ];
  }
  if (inspection.kind === 'model' || inspection.kind === 'key') {
    return [head, ...partLines(inspection), ...programLines(inspection)];
  }
  if (inspection.kind === 'graph run' || inspection.kind === 'graph step') {
    return [head, ...partLines(inspection), ...showTuningInspection(inspection)];
  }
  return [head, ...partLines(inspection), ...showTrainingInspection(inspection)];
}

function programLines(inspection: Extract<Inspection, { kind: 'model' | 'key' }>): string[] {
  const { info, nodes, weights, weightCount, context, sharedPublic, lookupTables } = inspection;
  const groups = inspection.kind === 'key' ? inspection.weightsKeys : [];
  return [
    'public',
    ...fields([
      ...(inspection.kind === 'key' ? [['  digest', inspection.digest] as const] : []),
      ['  program', `${info.family}, profile ${info.profile}, ${nodes.length} nodes, ${context} positions`],
      ['  tokenizer', info.tokenizer ?? 'none'],
      ...accuracy(info).map(([name, value]): [string, string] => [`  ${name}`, value]),
      ['  tables', lookupTables.map(({ name, rows }) => `${name} (${rows})`).join(', ')],
      ['  for all nodes', sharedPublic.join(', ') || 'nothing'],
      ...groups.flatMap((group): [string, string][] => [
        ['  commitment', `${group.digest}, epoch ${group.epoch}`],
        ['  columns', `${group.columns} of ${group.rows} cells`],
        ['  budget', `${group.proofs} proofs an epoch`],
      ]),
    ]),
    `hidden: ${weightCount} weights in ${weights.length} tensors`,
    'proven, node by node',
    ...fields(nodes.map((node) => [`  ${node.name}`, nodeLine(node)])),
  ];
}

function nodeLine(node: Extract<Inspection, { kind: 'key' }>['nodes'][number]): string {
  const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;
  const joined = node.committed.length > 0 ? 'the lookup of its input' : 'definition from earlier values';
  const by =
    node.lookups + node.equations === 0
      ? joined
      : `${count(node.lookups, 'lookup')}, ${count(node.equations, 'equation')}`;
  const known = node.public.length === 0 ? '' : `; public: ${node.public.join(', ')}`;
  const partial = node.partial === undefined ? '' : `; no proof exists where ${node.partial}`;
  const range = node.level === 'proven' ? `in [${node.min}, ${node.max}]` : 'a residue mod p';
  return `${node.op} [${node.rows}, ${node.width}] ${range}: by ${by}${known}${partial}`;
}
