/** Fetches about what was done to an answer on its way (manual 7.3.6 `res.comp`). */
import type { FetchRow } from "../rows.ts";

const SECTION = "7.3.6";

export const COMPRESSION_FETCHES: readonly FetchRow[] = [
  {
    name: "res.cache_hit",
    args: [],
    type: "bool",
    needs: "responseKept",
    doc: "true when the answer came from a cache",
    section: SECTION,
    make: () => (stream) => stream.cacheHit !== undefined,
  },
  {
    name: "res.cache_name",
    args: [],
    type: "str",
    needs: "responseKept",
    doc: "the name of the cache that the answer came from",
    section: SECTION,
    make: () => (stream) => stream.cacheHit,
  },
  {
    name: "res.comp",
    args: [],
    type: "bool",
    needs: "responseKept",
    doc: "true when sluice has compressed the answer",
    section: SECTION,
    make: () => (stream) => stream.compressed !== undefined,
  },
  {
    name: "res.comp_algo",
    args: [],
    type: "str",
    needs: "responseKept",
    doc: "the algorithm that the answer was compressed by",
    section: SECTION,
    make: () => (stream) => stream.compressed,
  },
];
