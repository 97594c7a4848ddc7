/** `tune.h2.…` of the `global` section (manual 3.2): HTTP/2. */
import type { H2SideTune, H2Tune } from "../model_h2.ts";
import type { Mutable } from "../draft.ts";
import { type ArgType, integer, size } from "./args.ts";
import { group } from "./group.ts";
import { globalKeyword, type KeywordRow, one } from "./types.ts";

type Draft = Omit<Mutable<H2Tune>, "frontend" | "backend"> & {
  frontend: Mutable<H2SideTune>;
  backend: Mutable<H2SideTune>;
};

function row(
  name: string,
  value: ArgType<number>,
  summary: string,
  apply: (h2: Draft, value: number) => void,
): KeywordRow {
  return globalKeyword({
    name: `tune.h2.${name}`,
    args: { value: one(value) },
    summary,
    manual: "3.2",
    apply(global, args) {
      const h2 = global.tune.h2;
      // The draft's default is shared by all configurations.
      const own: Draft = { ...h2, frontend: { ...h2.frontend }, backend: { ...h2.backend } };
      apply(own, args.value as number);
      global.tune = { ...global.tune, h2: own };
    },
  });
}

const window = size(0, 2147483647);
const streams = integer(1, 2147483647);
const glitches = integer(0, 2147483647);

export const tuneH2Rows: readonly KeywordRow[] = [
  row(
    "be.glitches-threshold",
    glitches,
    "Oddities of a server after which its HTTP/2 connection is closed. 0: no limit",
    (h2, value) => h2.backend.glitchesThreshold = value,
  ),
  row(
    "be.initial-window-size",
    window,
    "As tune.h2.initial-window-size, for connections to servers only",
    (h2, value) => h2.backend.initialWindowSize = value,
  ),
  row(
    "be.max-concurrent-streams",
    streams,
    "As tune.h2.max-concurrent-streams, for connections to servers only",
    (h2, value) => h2.backend.maxConcurrentStreams = value,
  ),
  row(
    "fe.glitches-threshold",
    glitches,
    "Oddities of a client after which its HTTP/2 connection is closed. 0: no limit",
    (h2, value) => h2.frontend.glitchesThreshold = value,
  ),
  row(
    "fe.initial-window-size",
    window,
    "As tune.h2.initial-window-size, for clients' connections only",
    (h2, value) => h2.frontend.initialWindowSize = value,
  ),
  row(
    "fe.max-concurrent-streams",
    streams,
    "As tune.h2.max-concurrent-streams, for clients' connections only",
    (h2, value) => h2.frontend.maxConcurrentStreams = value,
  ),
  row(
    "fe.max-total-streams",
    integer(0, 2147483647),
    "Requests on one HTTP/2 connection of a client, after which it is asked to open another. 0: no limit",
    (h2, value) => h2.maxTotalStreams = value,
  ),
  ...group({
    status: "unsupported",
    reason:
      "write 'tune.h2.fe.initial-window-size' or 'tune.h2.be.initial-window-size': a connection " +
      "holds at most that many bytes for each of its streams",
    manual: "3.2 (HAProxy 3.1)",
    sections: ["global"],
    names: {
      "tune.h2.be.rxbuf":
        "Bytes that a server's HTTP/2 connection may have sent and nobody has read",
      "tune.h2.fe.rxbuf":
        "Bytes that a client's HTTP/2 connection may have sent and nobody has read",
    },
  }),
  row(
    "header-table-size",
    size(0, 65536),
    "Bytes of the table by which a peer may shorten repeated headers",
    (h2, value) => h2.headerTableSize = value,
  ),
  row(
    "initial-window-size",
    window,
    "Bytes of a body that a peer may send on an HTTP/2 stream before any of them was read",
    (h2, value) => h2.initialWindowSize = value,
  ),
  row(
    "max-concurrent-streams",
    streams,
    "Requests at one time on one HTTP/2 connection",
    (h2, value) => h2.maxConcurrentStreams = value,
  ),
  row(
    "max-frame-size",
    size(16384, 1 << 20),
    "Bytes of an HTTP/2 frame that a peer may send",
    (h2, value) => h2.maxFrameSize = value,
  ),
];
