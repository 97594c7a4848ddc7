import { systemClock } from "../../lib/net/clock.ts";
import type { Transport } from "../../lib/net/conn.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";
import { testConformance } from "./conformance.ts";
import { streamCases } from "./conformance_stream.ts";
import { testEmfile } from "./emfile.ts";

const transport = epollTransport(systemClock);

if (transport !== undefined) {
  testConformance({ transport, v6only: true, resets: true });
  const fromSource: Transport = {
    name: "epoll with a source address",
    listen: (place, options) => transport.listen(place, options),
    connect: (target, options) =>
      transport.connect(target, { ...options, source: { host: "127.0.0.3" } }),
  };
  testConformance({ transport: fromSource, v6only: true, resets: true }, streamCases);
  testEmfile("epoll");
}
