import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../../lib/net/clock.ts";
import { denoTransport } from "../../../lib/net/deno_transport.ts";
import { openSslEngine } from "../../../lib/net/tls/openssl/engine.ts";
import { Authority } from "../../support/certificates.ts";
import { findProgram } from "../../support/needs.ts";
import { run } from "../../support/process.ts";
import { listen, V4 } from "../conformance.ts";
import { serverContext } from "../tls_support.ts";

const engine = openSslEngine();

Deno.test({
  name: "an OCSP answer is stapled until it ends, and no longer",
  ignore: engine === undefined || findProgram("openssl") === undefined,
  async fn() {
    const end = Date.UTC(2026, 10, 1);
    let now = end;
    const clock: Clock = { ...systemClock, wall: () => now };
    const { certificate, chain, key } = Authority.make("Root").issue({ names: ["localhost"] });
    const ocsp = new TextEncoder().encode("what an authority has said");
    const context = serverContext(engine!, { certificate, chain, key, pem: "" }, {
      pair: { certificates: [certificate], key, ocsp, ocspEnd: end },
    });
    const listener = listen(denoTransport(systemClock), V4);
    listener.start(async (conn) => {
      const secure = engine!.accept(conn, { choose: () => context, clock });
      if (await secure.establish() === undefined) secure.close();
    });
    const ask = async () => {
      const { port } = listener.address;
      const { stdout, stderr } = await run([
        "sh",
        "-c",
        `openssl s_client -connect 127.0.0.1:${port} -status </dev/null`,
      ]);
      return stdout + stderr;
    };
    assert.match(await ask(), /response parse error/);
    now = end + 1;
    assert.match(await ask(), /no response sent/);
    listener.close();
    context.free();
  },
});
