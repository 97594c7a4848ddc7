/** `tune.…` of the `global` section (manual 3.2): sizes of buffers and limits of the machinery. */
import { COUNT, integer, size, time } from "./args.ts";
import { globalKeyword, type KeywordRow, one } from "./types.ts";

function buffer(
  name: string,
  field: "rcvbufClient" | "rcvbufServer" | "sndbufClient" | "sndbufServer",
  what: string,
): KeywordRow {
  return globalKeyword({
    name,
    args: { size: one(size(0, 1 << 30)) },
    summary: `Size of the system's ${what}; 0: the system decides`,
    manual: "3.2",
    apply(global, { size }) {
      global.tune[field] = size === 0 ? undefined : size;
    },
  });
}

export const tuneRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "tune.bufsize",
    args: { size: one(size(1024, 16 * 1024 * 1024)) },
    summary: "Bytes of a buffer: a request's or response's head must fit in it",
    manual: "3.2",
    apply(global, { size }) {
      // a multiple of 16, as in HAProxy
      global.tune.bufsize = Math.ceil(size / 16) * 16;
    },
  }),
  globalKeyword({
    name: "tune.http.maxhdr",
    args: { number: one(integer(1, 32767)) },
    summary: "Headers that a request or response may have",
    manual: "3.2",
    apply(global, { number }) {
      global.tune.httpMaxhdr = number;
    },
  }),
  globalKeyword({
    name: "tune.idletimer",
    args: { time: one(time({ max: 65535 })) },
    summary: "Time after which an idle stream is no longer taken for a bulk transfer",
    manual: "3.2",
    apply(global, { time }) {
      global.tune.idletimer = time;
    },
  }),
  globalKeyword({
    name: "tune.maxaccept",
    args: { number: one(integer(-1, COUNT)) },
    summary: "Connections taken from one socket before others have their turn; -1: no limit",
    manual: "3.2",
    apply(global, { number }) {
      global.tune.maxaccept = number === -1 ? COUNT : number === 0 ? 64 : number;
    },
  }),
  globalKeyword({
    name: "tune.maxrewrite",
    args: { size: one(size(0, 16 * 1024 * 1024)) },
    summary: "Bytes of a buffer that are kept free for headers that rules add",
    manual: "3.2",
    apply(global, { size }) {
      global.tune.maxrewrite = size;
    },
  }),
  buffer("tune.rcvbuf.client", "rcvbufClient", "receive buffer on clients' connections"),
  buffer("tune.rcvbuf.server", "rcvbufServer", "receive buffer on servers' connections"),
  buffer("tune.sndbuf.client", "sndbufClient", "send buffer on clients' connections"),
  buffer("tune.sndbuf.server", "sndbufServer", "send buffer on servers' connections"),
];
