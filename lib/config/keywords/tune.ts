/** `tune.…` of the `global` section (manual 3.2): sizes of buffers and limits of the machinery. */
import { COUNT, integer, size, time } from "./args.ts";
import { type Args, globalKeyword, ignoredKeyword, type KeywordRow, one } from "./types.ts";

function ignored(
  name: string,
  args: Args,
  summary: string,
  reason: string,
): KeywordRow {
  return ignoredKeyword({ name, sections: ["global"], args, summary, manual: "3.2", reason });
}

function buffer(name: string, what: string): KeywordRow {
  return ignored(
    name,
    { size: one(size(0, 1 << 30)) },
    `Size of the system's ${what}`,
    "the runtime offers no way to set it; the system's own sizes hold (net.ipv4.tcp_rmem, tcp_wmem)",
  );
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
  ignored(
    "tune.idletimer",
    { time: one(time({ max: 65535 })) },
    "Time after which an idle stream is no longer taken for a bulk transfer",
    "sluice makes no difference between bulk and other transfers",
  ),
  ignored(
    "tune.maxaccept",
    { number: one(integer(-1, COUNT)) },
    "Connections taken from one socket before others have their turn",
    "the event loop takes connections from all sockets in turn",
  ),
  globalKeyword({
    name: "tune.maxrewrite",
    args: { size: one(size(0, 16 * 1024 * 1024)) },
    summary: "Bytes of a buffer that are kept free for headers that rules add",
    manual: "3.2",
    apply(global, { size }) {
      global.tune.maxrewrite = size;
    },
  }),
  globalKeyword({
    name: "tune.stick-counters",
    args: { number: one(integer(1, 32)) },
    summary: "Slots of sticky counters: the highest of 'track-sc0', 'track-sc1' … is one less",
    manual: "3.2 (HAProxy 2.8)",
    apply(global, { number }) {
      global.tune.stickCounters = number;
    },
  }),
  globalKeyword({
    name: "noepoll",
    args: {},
    summary: "Does without epoll, as '-de' and '--transport deno': read when the process starts",
    manual: "3.2",
    apply(global) {
      global.tune.epoll = false;
    },
  }),
  globalKeyword({
    name: "nosplice",
    args: {},
    summary: "Moves nothing inside the kernel, whatever 'option splice-auto' and the like say",
    manual: "3.2",
    apply(global) {
      global.tune.splice = false;
    },
  }),
  globalKeyword({
    name: "maxpipes",
    args: { number: one(integer(0, COUNT)) },
    summary: "Pipes that each thread uses at one time to move data inside the kernel",
    manual: "3.2",
    apply(global, { number }) {
      global.tune.maxPipes = number;
    },
  }),
  globalKeyword({
    name: "tune.pipesize",
    args: { size: one(size(4096, 1 << 20)) },
    summary: "Bytes of a pipe that data is moved through inside the kernel",
    manual: "3.2",
    apply(global, { size }) {
      global.tune.pipeSize = size;
    },
  }),
  buffer("tune.rcvbuf.client", "receive buffer on clients' connections"),
  buffer("tune.rcvbuf.server", "receive buffer on servers' connections"),
  buffer("tune.sndbuf.client", "send buffer on clients' connections"),
  buffer("tune.sndbuf.server", "send buffer on servers' connections"),
];
