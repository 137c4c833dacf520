/** SND-1's tables for runs of graphs and their steps, as `training-manifest.ts`; fields are named as in `graph-run-fields.ts`. */
import { KEY, PARAMETERS, within, type Entries } from './training-manifest.ts';

/** Everything behind a list that is shorter or longer stands elsewhere. */
const MOVED = ['PLAN', 'LENGTH', 'KEY_LENGTH', 'KEY_MAGIC', 'KEY_LAYOUT'];
/** Bytes of a graph, read first: no canonical text, or another graph. */
const GRAPH = ['GRAPH_FORMAT', 'GRAPH_SHAPE', 'GRAPH_RANGE', 'GRAPH_SHIFT', 'GRAPH_NAME', 'GRAPH_TABLE', 'GRAPH_CONTEXT']; // prettier-ignore

export const GRAPH_RUN_FIELDS: Entries = [
  [/^magic$/, ['FORMAT']],
  [/^version$/, ['VERSION']],
  [/^graph\/length$/, ['LENGTH', 'GRAPH_FORMAT']],
  [/^graph$/, GRAPH, 'bound'],
  [/^plan\/weights\/[EH]$/, ['PLAN', 'KEY_LAYOUT']],
  [/^plan\/gradient\/bits$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  [/^plan\/gradient\/(fraction|guard)$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  [/^plan\/momentum\/shift$/, [...MOVED, 'WEAK_PARAMS'], 'bound'],
  [/^plan\/momentum\/(high|low)$/, ['PLAN', 'KEY_LAYOUT']],
  [/^plan\/low$/, ['PLAN', 'KEY_LAYOUT']],
  // Of norms there are none in this graph.
  [/^plan\/(norms|rate|ratePlaces)$/, ['PLAN'], 'bound'],
  [/^tokens$/, ['PLAN', 'KEY_LAYOUT']],
  [/^(length|batch)$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  [/^steps$/, ['PLAN'], 'bound'],
  [/^rates\/length$/, [...MOVED, 'KEY_VERSION']],
  [/^rates\/#\/(from|rate)$/, ['PLAN'], 'bound'],
  // What stands behind is then no key; without one the rest of the file is too long.
  [/^start\/kind$/, ['STATEMENT', 'PLAN', 'LENGTH']],
  ...within('(corpus|start)', KEY),
  ...within(
    '(corpus|start)/parameters',
    PARAMETERS.filter(([field]) => !/pads/.test(field.source)),
  ),
  // Other pads for the same commitment: another key.
  [/^(corpus|start)\/parameters\/pads\/size$/, ['WEAK_PARAMS'], 'bound'],
  [/^(corpus|start)\/parameters\/pads\/(logCodeword|queries)$/, ['WEAK_PARAMS']],
  [/^seed$/, [], 'bound'],
];

/** The start of a run whose first weights are drawn: bounds beyond the bits of a weight; others are other weights. */
export const DRAWN_START_FIELDS: Entries = [
  [/^start\/kind$/, ['STATEMENT', 'LENGTH', 'KEY_LENGTH', 'KEY_MAGIC']],
  [/^start\/bounds\/#$/, ['PLAN'], 'bound'],
];

export const GRAPH_STEP_FIELDS: Entries = [
  [/^magic$/, ['FORMAT']],
  [/^version$/, ['VERSION']],
  [/^run$/, ['RUN']],
  [/^step$/, ['STEP']],
  [/^count$/, ['STEP', 'WEAK_PARAMS'], 'bound'],
  [/^input$/, ['WEIGHTS']],
  ...within('output', KEY),
  ...within('output/parameters', PARAMETERS),
  [/^parameters\/length$/, ['LENGTH']],
  ...within('parameters', PARAMETERS),
  [/^proof\/length$/, ['LENGTH']],
  [/^proof$/, ['TRUNCATED', 'FINAL_QUERY', 'FINAL_SUM', 'PAD_LINEAR', 'PAD_PRODUCT', 'PAD_QUERY'], 'bound'],
];
