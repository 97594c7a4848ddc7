/** `namespace` of `bind` and `server` lines: sockets in network namespaces that the test makes. */
import assert from "node:assert/strict";
import { writeV2 } from "../../lib/net/proxy_protocol/write.ts";
import { makeLab } from "../support/lab.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { run, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { checkConfig, startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";

const needs = { programs: ["curl", "ip"], namespaces: true, limit: 180_000 };

const HEAD = `defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
`;

/** In two namespaces a web server at the same address; each says its name. An UDP echo in the first. */
async function twoServers(scope: Scope) {
  const lab = await makeLab(scope, { blue: "10.9.0.1/24", green: "10.9.0.2/24" });
  const spaces = { blue: lab.namespace("blue"), green: lab.namespace("green") };
  for (const [name, namespace] of Object.entries(spaces)) {
    const program =
      `Deno.serve({ hostname: "127.0.0.1", port: 8000 }, () => new Response("${name}"))
const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 8001 });
for await (const [bytes, from] of udp) await udp.send(bytes, from);`;
    start(scope, name, [Deno.execPath(), "eval", "--unstable-net", program], { namespace });
    await waitFor("the web server", async () => {
      const curl = ["curl", "-s", "-m", "2", "http://127.0.0.1:8000/"];
      return (await run(curl, { namespace })).stdout === name;
    }, { limit: 60_000 });
  }
  return spaces;
}

scopedTest(
  "namespace: an address is opened, and servers are connected to, in another namespace",
  needs,
  async (scope) => {
    const { blue, green } = await twoServers(scope);
    const port = freePort();
    const udp = underTest === "haproxy" ? "" : `frontend udp
    mode udp
    bind 127.0.0.1:${port} namespace ${green}
    default_backend udp
backend udp
    mode udp
    server a 127.0.0.1:8001 namespace ${blue}
`;
    const proxy = await startProxy(
      scope,
      `${HEAD}namespace_list
    namespace ${green}
listen web
    bind 127.0.0.1:${port}
    bind 127.0.0.1:${port} namespace ${green}
    option httpchk
    default-server check inter 100 fall 1
    http-response set-header X-Up %[nbsrv]
    server b 127.0.0.1:8000 namespace ${blue}
    server g 127.0.0.1:8000 namespace ${green} backup
    server own 127.0.0.1:8000 backup
listen star
    bind 127.0.0.1:${port + 1} accept-proxy
    bind 127.0.0.1:${port + 1} accept-proxy namespace ${blue}
    server s 127.0.0.1:8000 namespace *
${udp}`,
      { listening: [`127.0.0.1:${port}`] },
    );
    const curl = async (namespace: string | undefined, url: string) =>
      (await run(["curl", "-s", "-i", "-m", "5", url], { namespace })).stdout;
    const url = `http://127.0.0.1:${port}/`;
    for (const client of [undefined, green]) {
      await waitFor("an answer of blue, the check of the own namespace down", async () => {
        const answer = await curl(client, url);
        return answer.endsWith("\r\n\r\nblue") && /x-up: 1/i.test(answer);
      }, { explain: () => proxy.process.output() });
    }
    assert.equal(await curl(blue, url), "", "nobody listens there");

    // `*`: where the client is, as its header says, else where it came in.
    const ends = {
      source: { family: 4, host: "10.0.0.1", port: 1000 },
      destination: { family: 4, host: "10.0.0.2", port: 80 },
    } as const;
    const ask = async (space?: string) => {
      const tlvs = space === undefined
        ? []
        : [{ type: 0x30, value: new TextEncoder().encode(space) }];
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: port + 1 });
      await conn.write(writeV2(ends, tlvs));
      await conn.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
      return await new Response(conn.readable).text();
    };
    assert.match(await ask(green), /green$/);
    assert.match(await ask(blue), /blue$/);
    assert.match(await ask("no-such-space"), /^HTTP\/1.[01] 503/, "the own one: nobody is there");
    assert.match(await ask(), /^HTTP\/1.[01] 503/);

    if (udp !== "") {
      const program =
        `const s = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
await s.send(new TextEncoder().encode("echo"), { transport: "udp", hostname: "127.0.0.1", port: ${port} });
console.log(new TextDecoder().decode((await s.receive())[0]));
Deno.exit(0);`;
      const client = [Deno.execPath(), "eval", "--unstable-net", program];
      assert.equal((await run(client, { namespace: green })).stdout.trim(), "echo");
    }
  },
);

scopedTest("namespace: one that is not there is a mistake", needs, async (scope) => {
  const text = (server: string) =>
    `${HEAD}listen web
    bind 127.0.0.1:18099
    server s 127.0.0.1:8000 ${server}
`;
  const ran = await checkConfig(scope, text("namespace sluice-nowhere"));
  assert.equal(ran.code, 1);
  if (underTest !== "haproxy") {
    assert.match(
      ran.stderr,
      /namespace 'sluice-nowhere': there is none of that name in \/run\/netns/,
    );
    const { stderr } = await checkConfig(scope, `global\n    user nobody\n${text("namespace *")}`);
    assert.match(stderr, /'namespace' and 'user' exclude each other/);
  }
});
