import { systemClock } from "../../lib/net/clock.ts";
import type { Transport } from "../../lib/net/conn.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { testConformance } from "./conformance.ts";
import { streamCases } from "./conformance_stream.ts";
import { testEmfile } from "./emfile.ts";

const transport = denoTransport(systemClock);

testConformance({ transport, v6only: false, resets: false });

/** A source address makes the transport use node:net: the same laws hold for these connections. */
const fromSource: Transport = {
  name: "deno with a source address",
  listen: (place, options) => transport.listen(place, options),
  connect: (target, options) =>
    transport.connect(target, { ...options, source: { host: "127.0.0.3" } }),
};

testConformance({ transport: fromSource, v6only: false, resets: false }, streamCases);

testEmfile("deno");
