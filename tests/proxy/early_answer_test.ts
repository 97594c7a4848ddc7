/** The server, or the proxy, answers before the request's body is complete. Measured beside HAProxy 2.6. */
import { type Case, get, line, message, ok, page, post, testCases } from "./support.ts";

const POST = "POST / HTTP/1.1";
const N = ok().length;

const CASES: readonly Case[] = [
  {
    name: "the rest of the body still goes to the server, and both connections live on",
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      await server.gets(post(10, "half"));
      await rig.pass(16);
      server.send(ok());
      await client.gets(ok());
      await rig.logged();
      await rig.pass(32);
      client.send("morebo");
      await server.gets("morebo");
      await rig.logged(line("0/0/0/16/48", 200, N, "--", POST));
      client.send(get("/2"));
      await server.gets(get("/2"));
      server.send(ok("2"));
      await client.gets(ok("2"));
      await rig.logged(line("0/0/0/0/0", 200, ok("2").length, "--", "GET /2 HTTP/1.1"));
    },
  },
  {
    name: "the next request waits until the body is complete, and is not taken for a part of it",
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      await server.take();
      server.send(ok());
      await client.gets(ok());
      client.send("morebo" + get("/2"));
      await server.gets("morebo" + get("/2"));
      server.send(ok("2"));
      await client.gets(ok("2"));
    },
  },
  {
    name: "a client that does not send the rest is closed after timeout client, cD",
    options: { defaults: "timeout client 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      await server.take();
      server.send(ok());
      await client.gets(ok());
      await rig.pass(800);
      await client.getsEnd();
      await server.getsEnd();
      await rig.logged(line("0/0/0/0/800", 200, N, "cD", POST));
    },
  },
  {
    name: "a client that goes away in the rest of the body: CD",
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      await server.take();
      server.send(ok());
      await client.gets(ok());
      client.finish();
      await client.getsEnd();
      await server.getsEnd();
      await rig.logged(line("0/0/0/0/0", 200, N, "CD", POST));
    },
  },
  {
    name: "a server that resets instead of reading the rest: the client keeps its whole answer",
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      await server.take();
      server.send(ok());
      await client.gets(ok());
      server.reset();
      client.send("morebo");
      await client.gets("");
      await rig.logged(line("0/0/0/0/0", 200, N, "SD", POST));
      client.send(get("/2"));
      await (await rig.server()).gets(get("/2"));
    },
  },
  {
    name: "a server that closes after its answer: the client gets it whole, then the end",
    async play(rig) {
      const answer = message("HTTP/1.1 413 No", ["Connection: close", "Content-Length: 2"]) + "no";
      const client = await rig.client();
      client.send(post(1000000, "x".repeat(100)));
      const server = await rig.server();
      await server.take();
      server.send(answer);
      await rig.pass(1);
      server.close();
      client.send("x".repeat(200));
      client.send("x".repeat(300));
      const got = await client.take();
      if (got !== answer.replace("Connection: close\r\n", "")) {
        throw new Error(`the client got ${JSON.stringify(got)}`);
      }
      client.send("x".repeat(300));
      await rig.pass(1100);
      if (client.state === "open") throw new Error("the client's connection stays");
    },
  },
  {
    name: "no server: 503 with close, and what the client still sends does not destroy it",
    options: { server: "disabled" },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      await client.getsEnd(page(503, true));
      client.send("morebo");
      client.send(get("/2"));
      await client.getsEnd();
      await rig.pass(1100);
      await client.getsEnd("", "fin");
      await rig.logged(
        line("0/-1/-1/-1/0", 503, page(503, true).length, "SC", POST, { at: "be/<NOSRV>" }),
      );
    },
  },
  {
    name: "a server that closes without an answer: 502 with close, and no request is read twice",
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      await server.take();
      server.close();
      await client.getsEnd(page(502, true));
      client.send("morebo" + get("/2"));
      await rig.pass(1100);
      await client.getsEnd("", "fin");
      await rig.logged(line("0/0/0/-1/0", 502, page(502, true).length, "SH", POST));
    },
  },
  {
    name: "the body stops coming: 408 with close, and no request is read twice",
    options: { defaults: "timeout client 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      await server.take();
      await rig.pass(800);
      await client.getsEnd(page(408, true));
      await server.getsEnd();
      client.send("morebo" + get("/2"));
      await rig.pass(1100);
      await client.getsEnd("", "fin");
      await rig.logged(line("0/0/0/-1/800", 408, page(408, true).length, "cH", POST));
    },
  },
  {
    name: "an answer that begins while the body comes ends after it: both are whole",
    options: { capacity: 1000 },
    async play(rig) {
      const client = await rig.client();
      client.send(post(100000, "a".repeat(100000)));
      const server = await rig.server();
      server.send(message("HTTP/1.1 200 OK", ["Content-Length: 50000"]));
      server.send("b".repeat(50000));
      await rig.pass(1);
      const up = await server.take();
      const down = await client.take();
      const wanted = post(100000, "a".repeat(100000));
      if (up !== wanted) throw new Error(`the server got ${up.length} of ${wanted.length}`);
      if (!down.endsWith("\r\n\r\n" + "b".repeat(50000))) throw new Error("answer");
      client.send(get("/2"));
      await server.gets(get("/2"));
      server.send(ok());
      await client.gets(ok());
    },
  },
];

testCases("early answer", CASES);
