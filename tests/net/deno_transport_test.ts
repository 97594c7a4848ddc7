import { systemClock } from "../../lib/net/clock.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { testConformance } from "./conformance.ts";

testConformance({ transport: denoTransport(systemClock), v6only: false, resets: false });
