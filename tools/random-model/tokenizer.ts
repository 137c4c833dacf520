/** A byte-level tokenizer without merges: one token for each byte, one for the end of a text. */
import { BYTE_LETTERS } from '../../src/import/byte-level.ts';

const END = '<|endoftext|>';

/** The text of a tokenizer.json. @throws RangeError for fewer than 257 tokens */
export function byteTokenizer(vocab: number): string {
  if (vocab < 257) throw new RangeError(`vocab_size: expected at least 257, got ${vocab}`);
  const letters = [...BYTE_LETTERS].sort();
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const end = { id: 0, content: END, single_word: false, lstrip: false, rstrip: false, normalized: false };
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ ...end, special: true }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries([END, ...letters].map((piece, token) => [piece, token])),
      merges: [],
    },
  };
  return `${JSON.stringify(tokenizer, null, 1)}\n`;
}
