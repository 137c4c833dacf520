/** Byte counts that sizes depend on. */

/** A BLAKE3 digest. */
export const DIGEST_BYTES = 32;
/** The salt of a leaf whose content must stay hidden. */
export const SALT_BYTES = 16;
/** log2 of the nodes of a static tree that its key publishes in place of the root. */
export const PUBLISHED_CAP_LOG = 12;
