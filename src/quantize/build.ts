/** The canonical model as an integer program: one function for all decoder families. */
import { refuse } from '../errors/proof-error.ts';
import type { Graph } from '../graph/index.ts';
import type { Architecture } from '../import/model.ts';
import { activationId, ropeId } from '../tables/index.ts';
import type { CanonicalLayer, CanonicalModel } from './canonical.ts';
import { equalise, factorsOf } from './equalise.ts';
import { integerVector } from './integers.ts';
import { type FloatLinear, maxAbs } from './matrix.ts';
import { deltaBits, eachBlock, type Plan } from './plan.ts';
import { NORM_BITS, PRODUCT_HEADROOM, type Profile, UP_BITS } from './profile.ts';
import {
  addLinear,
  declareMatrix,
  declareVector,
  fillRows,
  type LinearRecord,
  newProgram,
  type Program,
  record,
  type Scaled,
} from './program.ts';
import { activationRange, fillingScale, PRODUCT_TABLE_BITS, scoreScale, withGuard } from './scales.ts';
import { type LayerPeaks, peaksAfter, type Statistics } from './statistics.ts';

/** A program with the integers that it names. */
export interface Built {
  readonly graph: Graph;
  readonly weights: ReadonlyMap<string, Int16Array | Int32Array>;
  readonly linears: readonly LinearRecord[];
}

/** What the layers share while they are built. */
interface Site {
  readonly program: Program;
  readonly a: Architecture;
  readonly profile: Profile;
  readonly plan: Plan;
  readonly context: number;
}

/** Fractional bits of an activation's result at range r. */
const resultScale = (range: number): number => 2 ** (14 - range);

/** Bits of queries and keys: heads of width D need D 2^(2B-2) <= 2^29. */
function scoreBits(profile: Profile, headDim: number): number {
  return Math.min(profile.scoreBits, Math.floor((31 - Math.log2(headDim)) / 2));
}

/** Rows of the embedding (and of positions), on the residual's scale. */
async function addEmbedding(
  { program, a, profile, plan, context }: Site,
  model: CanonicalModel,
): Promise<Scaled> {
  const { g } = program;
  const bits = profile.embeddingBits;
  const scale = plan.residual * 2 ** plan.embeddingShift;
  const columns = model.embeddingColumns;
  const table = new Int16Array(a.vocab * columns);
  await eachBlock(a.vocab, async (first, count) => {
    const block = await model.embedding(first, count);
    for (let i = a.width; columns > a.width && i < block.data.length; i += columns) {
      block.data[i] = (block.data[i] as number) * plan.means;
    }
    fillRows('embedding', table, first, block, scale, bits);
  });
  const embedding = declareMatrix(program, 'embedding', table, columns, bits);
  const rows = await model.positions();
  const used = rows && { ...rows, rows: context, data: rows.data.subarray(0, context * a.width) };
  const filled = new Int16Array(used?.data.length ?? 0);
  if (used !== undefined) fillRows('positions', filled, 0, used, scale, bits);
  const positions = used && declareMatrix(program, 'positions', filled, a.width, bits);
  const options = { width: a.width, ...(positions && { positions }) };
  if (plan.embeddingShift === 0) {
    return { handle: g.embedding('h0', embedding, options), scale: plan.residual };
  }
  const fine = g.embedding('h0.acc', embedding, options);
  const rounding = withGuard(plan.embeddingShift, plan.residualBits);
  return { handle: g.requantise('h0', fine, rounding), scale: plan.residual };
}

function addNorm({ program, plan }: Site, name: string, x: Scaled): Scaled {
  const handle = program.g.rmsnorm(name, x.handle, { bits: plan.residualBits, epsilon: plan.epsilon });
  return { handle, scale: plan.norm };
}

/** Query, key and value, rotated where positions are rotary, and the mean of the values. */
function addAttention(site: Site, id: string, x: Scaled, maps: CanonicalLayer, peaks: LayerPeaks): Scaled {
  const { program, a, profile, context } = site;
  const { positions, heads, kvHeads, headDim, window } = a;
  const rotary = positions.kind === 'rotary';
  const bits = scoreBits(profile, headDim);
  const rawBits = rotary ? bits + 1 : bits; // a rotation shrinks an entry by up to sqrt(2) or makes it larger
  const room = (turned: Float64Array, raw: Float64Array): number =>
    Math.min(fillingScale(bits, maxAbs(turned)), fillingScale(rawBits, maxAbs(raw)));
  const scores = scoreScale(`${id}.q`, room(peaks.query, peaks.rawQuery), room(peaks.key, peaks.rawKey));
  const table = rotary ? ropeId({ base: positions.theta, headDim, positions: context }) : '';
  const project = (name: 'q' | 'k', map: FloatLinear, scale: number): Scaled => {
    const target = { scale, bits: rawBits, weightBits: profile.weightBits };
    if (!rotary) return addLinear(program, `${id}.${name}`, x, map, target);
    const raw = addLinear(program, `${id}.${name}.raw`, x, map, target);
    const guard = Math.min(2, 16 - bits);
    const options = { table, order: positions.pairing, bits, guard };
    return { handle: program.g.rope(`${id}.${name}`, raw.handle, options), scale };
  };
  const query = project('q', maps.query, scores.query);
  const key = project('k', maps.key, scores.key);
  const value = addLinear(program, `${id}.v`, x, maps.value, {
    scale: fillingScale(profile.valueBits, maxAbs(peaks.value)),
    bits: profile.valueBits,
    weightBits: profile.weightBits,
  });
  const inputs = { query: query.handle, key: key.handle, value: value.handle };
  const visible = window === undefined || window >= context ? {} : { window };
  const shape = { heads, kvHeads, headDim, shift: scores.shift, ...visible };
  return { handle: program.g.attention(`${id}.attention`, inputs, shape), scale: value.scale };
}

/** What `down` reads: act(gate) up, or act(up). */
function addFeedForward(site: Site, id: string, y: Scaled, maps: CanonicalLayer, peaks: LayerPeaks): Scaled {
  const { program, a, profile } = site;
  const { g } = program;
  const bits = profile.activationBits;
  const activated = (name: string, map: FloatLinear, peak: number): Scaled => {
    const relu = a.activation === 'relu';
    const range = relu ? 0 : activationRange(`${id}.${name}`, peak);
    const scale = relu ? fillingScale(bits, peak) : 2 ** (bits - 1 - range);
    const x = addLinear(program, `${id}.${name}`, y, map, { scale, bits, weightBits: profile.weightBits });
    const form = a.activation === 'relu' ? { kind: a.activation, bits } : { kind: a.activation, bits, range };
    const handle = g.activation(`${id}.act`, x.handle, activationId(form));
    return { handle, scale: relu ? scale : resultScale(range) };
  };
  if (maps.gate === undefined) return activated('up', maps.up, maxAbs(peaks.up));
  const gate = activated('gate', maps.gate, maxAbs(peaks.gate));
  const wanted = fillingScale(profile.productBits, maxAbs(peaks.product), PRODUCT_HEADROOM);
  const shift = Math.floor(Math.log2((gate.scale * fillingScale(UP_BITS, maxAbs(peaks.up))) / wanted));
  if (shift < 1) return refuse('SCALE', `${id}.up`, 'expected products that need rounding, got smaller ones');
  const up = addLinear(program, `${id}.up`, y, maps.up, {
    scale: (wanted * 2 ** shift) / gate.scale, // at most the scale that fills UP_BITS
    bits: UP_BITS,
    weightBits: profile.weightBits,
  });
  const product = g.product(`${id}.product.acc`, gate.handle, up.handle);
  return {
    handle: g.requantise(`${id}.product`, product, withGuard(shift, profile.productBits, PRODUCT_TABLE_BITS)),
    scale: wanted,
  };
}

function addLayer(site: Site, id: string, h: Scaled, maps: CanonicalLayer, peaks: LayerPeaks): Scaled {
  const { program, plan, profile } = site;
  const write = (name: string, x: Scaled, map: FloatLinear, peak: number, floored: boolean): Scaled =>
    addLinear(program, `${id}.${name}`, x, map, {
      scale: plan.residual,
      bits: deltaBits(plan, peak),
      weightBits: profile.weightBits,
      floored,
    });
  const mixed = addAttention(site, id, addNorm(site, `${id}.norm1`, h), maps, peaks);
  const output = write('o', mixed, maps.output, maxAbs(peaks.output), true);
  const middle = { ...h, handle: program.g.add(`${id}.h1`, h.handle, output.handle) };
  const inner = addFeedForward(site, id, addNorm(site, `${id}.norm2`, middle), maps, peaks);
  const down = write('down', inner, maps.down, maxAbs(peaks.down), false);
  return { ...h, handle: program.g.add(`${id}.h2`, middle.handle, down.handle) };
}

/** The last norm, what stands before the head, and the choice. */
async function addHead(site: Site, h: Scaled, model: CanonicalModel): Promise<Graph> {
  const { program, a, profile, plan } = site;
  const { g } = program;
  const last = addNorm(site, 'norm', { ...h, handle: g.emit('last', h.handle) });
  const bits = profile.embeddingBits;
  const choose = (logits: ReturnType<typeof g.linear>): Graph =>
    g.build(g.argmax('choice', logits, { unit: plan.unit }));
  const bridge = await model.bridge();
  if (bridge !== undefined) {
    if (model.embeddingColumns > a.width) {
      const from = a.width * a.width; // the row that gives back the means
      for (let i = from; i < bridge.weight.data.length; i++) {
        bridge.weight.data[i] = (bridge.weight.data[i] as number) / plan.means;
      }
      if (bridge.bias !== undefined) bridge.bias[a.width] = (bridge.bias[a.width] as number) / plan.means;
    }
    const target = { scale: plan.bridge, bits: NORM_BITS, weightBits: bits };
    const x = addLinear(program, 'bridge', last, bridge, target);
    record(program, 'logits', 'embedding', a.vocab);
    return choose(g.linear('logits', x.handle, { weight: 'embedding' }));
  }
  const scale = plan.unit / plan.norm;
  const table = new Int16Array(a.vocab * a.width);
  const bias: number[] = [];
  await eachBlock(a.vocab, async (first, count) => {
    const block = await model.head(first, count);
    fillRows('head.w', table, first, block.weight, scale, bits);
    if (block.bias !== undefined) bias.push(...block.bias);
  });
  const weight = declareMatrix(program, 'head.w', table, a.width, bits);
  const vector = bias.length === 0 ? undefined : integerVector('head.b', bias, plan.unit);
  record(program, 'logits', 'head.w', a.vocab);
  return choose(
    g.linear('logits', last.handle, weight, vector && { bias: declareVector(program, 'head.b', vector) }),
  );
}

/**
 * Builds the program. Layers are read, equalised and rounded one after the other.
 *
 * @param model in canonical form, not equalised
 * @throws ProofError `SCALE`, and as `FloatModel.rows` and `checkGraph`
 */
export async function buildProgram(
  model: CanonicalModel,
  profile: Profile,
  plan: Plan,
  stats: Statistics,
  context: number,
): Promise<Built> {
  const a = model.architecture;
  const program = newProgram(context);
  const site: Site = { program, a, profile, plan, context };
  let h = await addEmbedding(site, model);
  for (let i = 0; i < a.layers; i++) {
    const maps = await model.layer(i);
    const raw = stats.layers[i] as LayerPeaks;
    const factors = factorsOf(a, maps, raw);
    equalise(a, maps, factors);
    h = addLayer(site, `l${i}`, h, maps, peaksAfter(a, raw, factors));
  }
  const graph = await addHead(site, h, model);
  return { graph, weights: program.weights, linears: program.linears };
}
