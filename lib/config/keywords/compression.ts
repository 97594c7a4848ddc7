/** `compression …` (manual 4.2): which bodies are compressed, and how; and its limits in `global`. */
import {
  COMPRESSION_ALGORITHMS,
  COMPRESSION_DIRECTIONS,
  NO_COMPRESSION,
} from "../model_compression.ts";
import type { ProxyDraft } from "../draft.ts";
import { COUNT, integer, oneOf, size, text } from "./args.ts";
import {
  globalKeyword,
  type KeywordRow,
  one,
  proxyKeyword,
  rest1,
  type SectionKind,
} from "./types.ts";

const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

const algorithm = oneOf(...COMPRESSION_ALGORITHMS);
const mediaType = text("<type>", "a media type or its beginning, such as text/html or text/");

type Compression = NonNullable<ProxyDraft["compression"]>;

function change(proxy: ProxyDraft, more: Partial<Compression>): void {
  proxy.compression = { ...NO_COMPRESSION, ...proxy.compression, ...more };
}

function changeRequests(proxy: ProxyDraft, more: Partial<Compression["requests"]>): void {
  change(proxy, { requests: { ...(proxy.compression ?? NO_COMPRESSION).requests, ...more } });
}

function algo(name: string, manual: string): KeywordRow {
  return proxyKeyword({
    name,
    sections: ALL,
    args: { algorithms: rest1(algorithm) },
    repeatable: true,
    summary: "Compresses answers by the first of these that the client takes",
    manual,
    apply(proxy, { algorithms }) {
      const before = proxy.compression?.algorithms ?? [];
      change(proxy, { algorithms: [...new Set([...before, ...algorithms])] });
    },
  });
}

const lower = (words: readonly string[]) => words.map((each) => each.toLowerCase());

function type(name: string, manual: string): KeywordRow {
  return proxyKeyword({
    name,
    sections: ALL,
    args: { types: rest1(mediaType) },
    repeatable: true,
    summary: "Compresses answers of these types only",
    manual,
    apply(proxy, { types }) {
      const before = proxy.compression?.types ?? [];
      change(proxy, { types: [...before, ...lower(types)] });
    },
  });
}

const BYTES = size(0, 2 ** 31 - 1);

export const compressionRows: readonly KeywordRow[] = [
  algo("compression algo", "4.2"),
  algo("compression algo-res", "4.2 (HAProxy 2.8)"),
  proxyKeyword({
    name: "compression algo-req",
    sections: ALL,
    args: { algorithm: one(algorithm) },
    summary: "Compresses requests by this, where 'compression direction' says so",
    manual: "4.2 (HAProxy 2.8)",
    apply(proxy, { algorithm }) {
      changeRequests(proxy, { algorithm });
    },
  }),
  type("compression type", "4.2"),
  type("compression type-res", "4.2 (HAProxy 2.8)"),
  proxyKeyword({
    name: "compression type-req",
    sections: ALL,
    args: { types: rest1(mediaType) },
    repeatable: true,
    summary: "Compresses requests of these types only",
    manual: "4.2 (HAProxy 2.8)",
    apply(proxy, { types }) {
      const before = proxy.compression?.requests.types ?? [];
      changeRequests(proxy, { types: [...before, ...lower(types)] });
    },
  }),
  proxyKeyword({
    name: "compression offload",
    sections: ALL,
    args: {},
    summary: "Servers are not asked for compressed answers",
    manual: "4.2",
    apply(proxy, _values, { section, statement, diagnostics }) {
      if (section !== "defaults") change(proxy, { offload: true });
      else {
        diagnostics.warning(
          statement.span,
          "'compression offload' has no effect in 'defaults': put it where the compression is meant",
        );
      }
    },
  }),
  proxyKeyword({
    name: "compression direction",
    sections: ALL,
    args: { direction: one(oneOf(...COMPRESSION_DIRECTIONS)) },
    summary: "What is compressed: answers (response), requests, or both",
    manual: "4.2 (HAProxy 2.8)",
    apply(proxy, { direction }) {
      change(proxy, { direction });
    },
  }),
  proxyKeyword({
    name: "compression minsize-res",
    sections: ALL,
    args: { size: one(BYTES) },
    summary: "Answers with a Content-Length below it are not compressed",
    manual: "4.2 (HAProxy 3.2)",
    apply(proxy, { size }) {
      change(proxy, { minSize: size });
    },
  }),
  proxyKeyword({
    name: "compression minsize-req",
    sections: ALL,
    args: { size: one(BYTES) },
    summary: "Requests with a Content-Length below it are not compressed",
    manual: "4.2 (HAProxy 3.2)",
    apply(proxy, { size }) {
      changeRequests(proxy, { minSize: size });
    },
  }),
  globalKeyword({
    name: "maxcomprate",
    args: { rate: one(integer(0, COUNT)) },
    summary: "Kilobytes a second that are compressed at most; 0: any number",
    manual: "3.2",
    apply(global, { rate }) {
      global.maxcomprate = rate * 1024;
    },
  }),
  globalKeyword({
    name: "maxcompcpuusage",
    args: { percent: one(integer(0, 100)) },
    summary: "CPU use in percent above which nothing more is compressed",
    manual: "3.2",
    apply(global, { percent }) {
      global.maxcompcpuusage = percent;
    },
  }),
  globalKeyword({
    name: "tune.comp.maxlevel",
    args: { level: one(integer(1, 9)) },
    summary: "Level of compression: 1 is fastest, 9 makes the smallest answers",
    manual: "3.2",
    apply(global, { level }) {
      global.tune.compressionLevel = level;
    },
  }),
];
