/** Rows of a table by token, plus rows of a second table by position: the start of the residual stream. */
import {
  integerField,
  levelField,
  operator,
  ensure,
  RESIDUE,
  ensureInteger,
  weightField,
  type NodeBase,
} from '../operator.ts';

export interface EmbeddingNode extends NodeBase {
  readonly op: 'embedding';
  /** [vocabulary, columns]. */
  readonly table: string;
  /** [positions, columns], positions at least the context. */
  readonly positions?: string;
  /** Width of the result: the first columns of the tables. */
  readonly width: number;
  readonly level: 'residue';
}

export const embedding = operator<EmbeddingNode>({
  op: 'embedding',
  fields: {
    table: weightField,
    positions: { kind: 'weight', optional: true },
    width: integerField,
    level: levelField,
  },
  infer(node, _inputs, context) {
    ensureInteger('GRAPH_SHAPE', node, 'width', node.width, 1, 2 ** 20);
    const tables = [node.table, ...(node.positions === undefined ? [] : [node.positions])].map(
      context.weight,
    );
    for (const { name, shape } of tables) {
      const fits = shape.length === 2 && (shape[1] as number) >= node.width;
      ensure(fits, 'GRAPH_SHAPE', node, `${name}: expected a matrix of at least ${node.width} columns`);
    }
    const positions = tables[1]?.shape[0] ?? context.context;
    const enough = `${node.positions}: expected at least ${context.context} rows, got ${positions}`;
    ensure(positions >= context.context, 'GRAPH_SHAPE', node, enough);
    return { rows: 'tokens', width: node.width, ...RESIDUE };
  },
});
