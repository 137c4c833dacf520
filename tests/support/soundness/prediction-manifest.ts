/**
 * SND-1's tables for predictions and for steps of graphs: which codes may refuse one of which a field was changed. Fields of predictions are
 * named as in `training-fields.ts`; of steps as well, behind `first`, `after`, `corpus`, `parameters`; numbers in names as #.
 */
import { PROGRAMS, type Classes } from './manifest.ts';
import { KEY, PARAMETERS, within, type Entries } from './training-manifest.ts';

const PROOF = ['TRUNCATED', 'TRAILING_BYTES', 'FINAL_QUERY', 'FINAL_SUM', 'PAD_LINEAR', 'PAD_PRODUCT', 'PAD_QUERY']; // prettier-ignore

/** Everything behind a block that is shorter or longer stands elsewhere. */
const MOVED = ['LENGTH', 'VERSION'];

export const PREDICTION_FIELDS: Entries = [
  [/^magic$/, ['FORMAT']],
  [/^version$/, ['VERSION']],
  [/^run$/, ['RUN']],
  ...within('weights', KEY),
  ...within('weights/parameters', PARAMETERS),
  [/^inputs\/kind$/, ['FORMAT', ...MOVED]],
  [/^(inputs|classes|context)\/length$/, MOVED],
  [/^(inputs|classes)$/, ['PREDICTION'], 'bound'],
  [/^context$/, [], 'bound'],
  [/^parameters\/length$/, ['LENGTH']],
  ...within('parameters', PARAMETERS),
  [/^proof\/length$/, ['LENGTH']],
  [/^proof$/, PROOF, 'bound'],
];

/** Of what an owner hands on, and of what a verifier knows: plan, batch. */
export const STEP_FIELDS: Entries = [
  ...within('(first|after|corpus)', KEY.filter(([field]) => field.source !== '\\/length$')), // prettier-ignore
  ...within('(first|after|corpus)/parameters', PARAMETERS),
  ...within('parameters', PARAMETERS),
  [/^proof$/, PROOF, 'bound'],
  [/^plan\/weights\/[EHUVbc]$/, ['PLAN', 'KEY_LAYOUT']],
  [/^plan\/gradient\/bits$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  [/^plan\/gradient\/(fraction|guard)$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  [/^plan\/momentum\/shift$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  [/^plan\/momentum\/(high|low)$/, ['PLAN', 'KEY_LAYOUT']],
  [/^plan\/low$/, ['PLAN', 'KEY_LAYOUT']],
  [/^plan\/(rate|ratePlaces)$/, ['PLAN'], 'bound'],
  [/^batch\/(tokens|targets)\/#$/, ['TOKEN'], 'bound'],
  [/^batch\/starts\/#$/, ['PASS_ROWS', 'CONTEXT', 'WEAK_PARAMS'], 'bound'],
  [/^batch\/corpus$/, ['KEY_LAYOUT', 'TOKEN']],
  [/^batch\/at\/#$/, ['TOKEN'], 'bound'],
  // A graph is named by its digest; most of its numbers are in the program or in the layout of the weights as well.
  [/^graph\/context$/, ['GRAPH_CONTEXT', 'CONTEXT', 'GRAPH_SHAPE', 'GRAPH_TABLE'], 'bound'],
  [/^graph\/weights\/#\/shape\/#$/, ['GRAPH_SHAPE', 'GRAPH_RANGE', 'PLAN', 'KEY_LAYOUT']],
  [/^graph\/weights\/#\/bits$/, ['GRAPH_RANGE', 'PLAN', 'KEY_LAYOUT']],
  [/^graph\/nodes\/#\/(shift|bits|guard|width)$/, ['GRAPH_SHIFT', 'GRAPH_RANGE', 'GRAPH_SHAPE', 'PLAN', 'WEAK_PARAMS'], 'bound'], // prettier-ignore
];

/** Messages of their proofs. */
export const PREDICTION: Classes = [
  ...PROGRAMS.slice(0, -1),
  [/^rows\/(S|AM|G[0-9]+|PAD)(\/salts|\/siblings)?$/, () => ['MERKLE_ROOT']],
];
export const STEP: Classes = [
  ...PROGRAMS.slice(0, -1),
  [/^rows\/(S|D|AM|G[0-9]+|PAD)(\/salts|\/siblings)?$/, () => ['MERKLE_ROOT']],
];
