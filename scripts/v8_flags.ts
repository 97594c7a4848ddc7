/**
 * What the engine is told at start. A young generation of at most 4 MiB a half: with the default of 16 MiB a burst
 * of new connections leaves the heap half empty, which costs about 6 kB of memory for each idle connection; the CPU
 * time of a request is the same. It is collected by the thread itself: helpers that are woken some hundred times a second
 * for a millisecond's work cost a seventh of the CPU time of a small request.
 */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=4,--no-parallel-scavenge";
