// A fault of the engine's own that a caller meets. A file by itself, because the live tests' marks rest on it too (test/pipeline/shop.ts).

/** What v0.19.10 says when a part of its cache was removed while another session still read it; seen twice in some thousand calls. */
export const lostByEngine = /failed to commit \S+ to \S+ during finalize/
