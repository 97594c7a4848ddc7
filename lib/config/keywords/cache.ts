/** `cache` sections (manual 6.2.1), and what sluice adds to them. */
import { integer, onOff, time } from "./args.ts";
import { type KeywordRow, one, sectionKeyword } from "./types.ts";

/** A duration that counts seconds when it has no unit. */
const seconds = (max: number) => time({ unit: "s", max: max * 1000 });
const DAY = 86_400;

export const cacheRows: readonly KeywordRow[] = [
  sectionKeyword("cache", {
    name: "total-max-size",
    args: { megabytes: one(integer(1, 4095, "<megabytes>")) },
    summary: "Memory of the cache in megabytes, taken at the start",
    manual: "6.2.1",
    apply(cache, { megabytes }) {
      cache.totalMaxSize = megabytes * 2 ** 20;
    },
  }),
  sectionKeyword("cache", {
    name: "max-object-size",
    args: { bytes: one(integer(1, 2 ** 31 - 1, "<bytes>")) },
    summary: "Bytes of the largest object, its head included (a 256th of the cache)",
    manual: "6.2.1",
    apply(cache, { bytes }) {
      cache.maxObjectSize = bytes;
    },
  }),
  sectionKeyword("cache", {
    name: "max-age",
    args: { time: one(seconds(20 * DAY)) },
    summary: "Longest life of an object, in seconds (60)",
    manual: "6.2.1",
    apply(cache, { time }) {
      cache.maxAge = Math.ceil(time / 1000);
    },
  }),
  sectionKeyword("cache", {
    name: "process-vary",
    args: { on: one(onOff) },
    summary: "Keeps answers with a Vary field, apart by the fields that it names (off)",
    manual: "6.2.1",
    apply(cache, { on }) {
      cache.processVary = on;
    },
  }),
  sectionKeyword("cache", {
    name: "max-secondary-entries",
    args: { number: one(integer(1, 10_000)) },
    summary: "Objects of one address that differ by what they vary on (10)",
    manual: "6.2.1",
    apply(cache, { number }) {
      cache.maxSecondaryEntries = number;
    },
  }),
  sectionKeyword("cache", {
    name: "stale-if-error",
    args: { time: one(seconds(20 * DAY)) },
    summary: "How long an object that is too old may stand in for a server that fails (0)",
    manual: "none: RFC 5861 section 4",
    apply(cache, { time }) {
      cache.staleIfError = Math.ceil(time / 1000);
    },
  }),
  sectionKeyword("cache", {
    name: "stale-while-revalidate",
    args: { time: one(seconds(20 * DAY)) },
    summary: "How long an object that is too old is still given while it is fetched anew (0)",
    manual: "none: RFC 5861 section 3",
    apply(cache, { time }) {
      cache.staleWhileRevalidate = Math.ceil(time / 1000);
    },
  }),
  sectionKeyword("cache", {
    name: "coalesce",
    args: { time: one(time({ max: DAY * 1000 })) },
    summary: "How long requests wait for an object that another request fetches (0)",
    manual: "none: sluice's own",
    apply(cache, { time }) {
      cache.coalesce = time;
    },
  }),
  sectionKeyword("cache", {
    name: "ranges",
    args: { on: one(onOff) },
    summary: "Answers requests for a part of an object with that part (off)",
    manual: "none: RFC 9110 section 14.2",
    apply(cache, { on }) {
      cache.ranges = on;
    },
  }),
];
