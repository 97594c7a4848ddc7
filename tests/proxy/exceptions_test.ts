/** A bug of ours ends one stream and leaves nothing behind. */
import assert from "node:assert/strict";
import { Rig } from "../support/proxy_rig.ts";
import type { Reply } from "../../lib/proxy/reply.ts";
import { get, ok, page, post } from "./support.ts";

/** A rig in which one thing throws once. */
async function started(options: { readonly server?: string } = {}): Promise<Rig> {
  const rig = new Rig({ server: "maxconn 1", ...options });
  await rig.start();
  return rig;
}

async function reported(rig: Rig): Promise<void> {
  assert.equal(rig.reports.length, 1, rig.reports.join("\n"));
  assert.match(rig.reports[0], /on purpose/);
  rig.reports.length = 0;
  // The only slot is free: another client is served.
  const client = await rig.client();
  client.send(get("/next"));
  const server = await rig.server();
  await server.gets(get("/next"));
  server.send(ok());
  await client.gets(ok());
  await rig.stop();
}

Deno.test("an exception while a server is chosen: 500, the slot and all else is given back", async () => {
  const rig = await started();
  const backend = rig.process.generation.backends.get("be")!;
  const { handle } = backend;
  backend.handle = () => {
    backend.handle = handle;
    throw new Error("on purpose");
  };
  const client = await rig.client();
  client.send(get());
  await client.gets(page(500));
  const [logged] = await rig.takeLog();
  assert.match(logged, / 500 \d+ - - I[RQCHD]-- /);
  await reported(rig);
});

Deno.test("an exception after the request was sent: 500, the server's connection is closed", async () => {
  const rig = await started();
  const backend = rig.process.generation.backends.get("be")!;
  const { parseOptions } = backend;
  let thrown = false;
  Object.defineProperty(backend, "parseOptions", {
    get() {
      if (thrown) return parseOptions;
      thrown = true;
      throw new Error("on purpose");
    },
  });
  const client = await rig.client();
  client.send(post(10, "half"));
  const server = await rig.server();
  await server.take();
  server.send(ok());
  await client.getsEnd(page(500, true));
  assert.notEqual(server.state, "open");
  await reported(rig);
});

Deno.test("an exception while the answer is sent: the client is closed, nothing is kept", async () => {
  const rig = await started();
  const [frontend] = rig.process.generation.frontends;
  const { handle } = frontend;
  frontend.handle = (stream) => {
    frontend.handle = handle;
    const done = handle(stream);
    const spoil = () => {
      stream.reply = {
        get head(): never {
          throw new Error("on purpose");
        },
        upstream: undefined,
        body: undefined,
      } as unknown as Reply;
    };
    return done instanceof Promise ? done.then(spoil) : (spoil(), undefined);
  };
  const client = await rig.client();
  client.send(get());
  const server = await rig.server();
  await server.take();
  server.send(ok());
  await client.getsEnd();
  assert.notEqual(server.state, "open");
  await reported(rig);
});
