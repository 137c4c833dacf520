/**
 * What is bound before the first message: the domain (which protocol, which kind of proof, which format,
 * which field, which parameters) and the digest of the statement, which is a list of labelled leaves: the key,
 * the program, public inputs and outputs, epoch, context. Everything the verifier relies on is a leaf; a
 * value that is not absorbed here can be chosen after the challenges (the "Frozen Heart" class of bugs).
 */
import { encodeFes } from '../field/encoding.ts';
import type { ExtensionField, Fe } from '../field/field.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { asciiBytes, createChain, TAG, type Chain, type EntryHeader } from './chain.ts';

/** Absorbed before everything else. */
export interface Domain {
  /** The protocol, e.g. `zkdl`. */
  readonly protocol: string;
  /** The kind of proof, e.g. `open` or `refresh`: a proof of one kind never verifies as another. */
  readonly kind: string;
  /** Version of protocol and proof format, an integer in [0, 2^32). */
  readonly formatVersion: number;
  /** K and with it F. */
  readonly field: ExtensionField;
  /** 32 bytes: digest of the serialised parameters. */
  readonly parametersDigest: Uint8Array;
  /** 32 bytes: `statementDigest`. */
  readonly statementDigest: Uint8Array;
}

/** One labelled part of a statement (or of whatever else a digest names). */
export type StatementLeaf =
  | { readonly label: string; readonly type: 'text'; readonly value: string }
  | { readonly label: string; readonly type: 'integer'; readonly value: number }
  | { readonly label: string; readonly type: 'digest'; readonly value: Uint8Array }
  | { readonly label: string; readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly label: string; readonly type: 'fes'; readonly value: readonly Fe[] };

const TRANSCRIPT_CONTEXT = 'zkdl transcript 1';
const STATEMENT_CONTEXT = 'zkdl statement 1';

/**
 * The digest of a statement: 32 bytes that change with every leaf, its label, its type and the order.
 *
 * @param leaves labels must differ; texts are printable ASCII, integers safe, digests 32 bytes
 * @throws RangeError naming the leaf otherwise
 * @example
 * statementDigest([
 *   { label: 'key', type: 'digest', value: keyDigest },
 *   { label: 'epoch', type: 'integer', value: 3 },
 * ]);
 */
export function statementDigest(leaves: readonly StatementLeaf[]): Uint8Array<ArrayBuffer> {
  return digestOfLeaves(STATEMENT_CONTEXT, leaves);
}

/**
 * The same for other lists: a different digest for each context.
 *
 * @param context printable ASCII, hard-coded, one for each use
 * @throws RangeError as `statementDigest`
 */
export function digestOfLeaves(context: string, leaves: readonly StatementLeaf[]): Uint8Array<ArrayBuffer> {
  const chain = createChain(context);
  const labels = new Set<string>();
  for (const leaf of leaves) {
    if (labels.has(leaf.label)) {
      throw new RangeError(`leaves: expected distinct labels, got '${leaf.label}' twice`);
    }
    labels.add(leaf.label);
    absorbLeaf(chain, leaf);
  }
  return chain.state();
}

/** A chain that has absorbed the domain: the start of every transcript. @throws RangeError naming the part */
export function domainChain(domain: Domain): Chain {
  const chain = createChain(TRANSCRIPT_CONTEXT);
  const { base, degree, modulusLow } = domain.field;
  absorbText(chain, 'protocol', domain.protocol);
  absorbText(chain, 'kind', domain.kind);
  absorbInteger(chain, 'format-version', checkedVersion(domain.formatVersion));
  absorbInteger(chain, 'field/modulus', base.modulus);
  absorbInteger(chain, 'field/degree', degree);
  absorbFes(chain, 'field/polynomial', modulusLow);
  absorbDigest(chain, 'parameters', domain.parametersDigest);
  absorbDigest(chain, 'statement', domain.statementDigest);
  return chain;
}

/** The state behind the domain, 32 bytes: what a proof's masks are bound to before any is drawn. */
export function domainDigest(domain: Domain): Uint8Array<ArrayBuffer> {
  return domainChain(domain).state();
}

function checkedVersion(version: number): number {
  if (!Number.isInteger(version) || version < 0 || version >= 2 ** 32) {
    throw new RangeError(`formatVersion: expected an integer in [0, 2^32), got ${version}`);
  }
  return version;
}

function absorbLeaf(chain: Chain, leaf: StatementLeaf): void {
  if (leaf.type === 'text') absorbText(chain, leaf.label, leaf.value);
  else if (leaf.type === 'integer') absorbInteger(chain, leaf.label, leaf.value);
  else if (leaf.type === 'digest') absorbDigest(chain, leaf.label, leaf.value);
  else if (leaf.type === 'bytes') absorbBytes(chain, leaf.label, leaf.value);
  else absorbFes(chain, leaf.label, leaf.value);
}

/** Absorbs public bytes. */
export function absorbBytes(chain: Chain, label: string, bytes: Uint8Array): EntryHeader {
  return absorbed(chain, { tag: TAG.publicBytes, label, itemBytes: 1, count: bytes.length }, bytes);
}

/** Absorbs public elements of F. @throws RangeError for a value that four bytes cannot hold */
export function absorbFes(chain: Chain, label: string, values: readonly Fe[]): EntryHeader {
  values.forEach((value, i) => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31) {
      throw new RangeError(`${label}[${i}]: expected an integer in [0, 2^31), got ${value}`);
    }
  });
  return absorbed(
    chain,
    { tag: TAG.publicFes, label, itemBytes: 4, count: values.length },
    encodeFes(values),
  );
}

/** Absorbs a public digest. @throws RangeError unless it has 32 bytes */
export function absorbDigest(chain: Chain, label: string, digest: Uint8Array): EntryHeader {
  return absorbed(chain, { tag: TAG.publicDigest, label, itemBytes: DIGEST_BYTES, count: 1 }, digest);
}

/** Absorbs a public text, printable ASCII, as bytes of type text. */
function absorbText(chain: Chain, label: string, text: string): void {
  const bytes = asciiBytes(label, text);
  absorbed(chain, { tag: TAG.publicText, label, itemBytes: 1, count: bytes.length }, bytes);
}

/** Absorbs a safe integer as eight bytes, two's complement. */
function absorbInteger(chain: Chain, label: string, value: number): void {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${label}: expected a safe integer, got ${value}`);
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  absorbed(chain, { tag: TAG.publicInteger, label, itemBytes: 8, count: 1 }, bytes);
}

function absorbed(chain: Chain, header: EntryHeader, payload: Uint8Array): EntryHeader {
  chain.absorb(header, payload);
  return header;
}
