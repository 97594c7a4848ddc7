/** `add server`, `del server`, `set server … addr` and `fqdn`: the answers are HAProxy's. */
import assert from "node:assert/strict";
import { Admin } from "../../../lib/state/server_fields.ts";
import { ask, socketTest } from "./support.ts";

const cases: readonly (readonly [line: string, answer: string])[] = [
  ["add server", "Require 'backend/server'."],
  ["add server be/", "Require 'backend/server'."],
  ["add server no/x 127.0.0.1:1", "No such backend."],
  ["add server be/s1 127.0.0.1:1", "Already exists a server with the same name in backend."],
  ["add server be/x", "'server' expects <name> and <addr>[:<port>] as arguments."],
  [
    "add server be/x 127.0.0.1:1 dall 3",
    "server be/x: unknown setting 'dall'; did you mean 'fall'?",
  ],
  ["add server be/x 127.0.0.1:1 id 1", "'id' : custom id 1 already used by server 's1'."],
  [
    "add server be/x 127.0.0.1:1 resolvers r",
    "'resolvers' option is not accepted for dynamic server",
  ],
  [
    "add server be/x 127.0.0.1:1 redir http://x",
    "'redir' option is not accepted for dynamic server",
  ],
  ["add server be/x%y 127.0.0.1:1", "character '%' is not allowed in the name 'x%y'."],
  [
    "add server be/x 127.0.0.1:1 ws h3",
    "server be/x: 'ws': 'h3' is not possible here; did you mean 'h1'?",
  ],
  ["add server be/x 127.0.0.1:1 agent-check", "server be/x: 'agent-check' needs 'agent-port'."],
  [
    "add server be/x 127.0.0.1:1 track be/no",
    "'track': there is no server 'be/no' of the configuration.",
  ],
  ["del server be/no", "No such server."],
  ["del server be/s1", "Only servers in maintenance mode can be deleted."],
  ["set server be/s1 addr", "set server <b>/<s> addr requires an address and optionally a port."],
  ["set server be/s1 addr x.test", "Invalid addr 'x.test' by 'stats socket command'"],
  ["set server be/s1 addr 127.0.0.1 port 0", "Invalid port '0' by 'stats socket command'"],
  ["set server be/s1 fqdn", "set server <b>/<s> fqdn requires a FQDN."],
  ["set server be/s1 fqdn a..b", "Invalid FQDN 'a..b'."],
  [
    "set server be/s1 fqdn x.test",
    "set server <b>/<s> fqdn failed because no resolution is configured.",
  ],
];

for (const [line, answer] of cases) {
  socketTest(`${line}: ${answer}`, async (rig) => {
    // As in HAProxy, some sentences have no line end of their own.
    assert.equal((await ask(rig, line)).trimEnd(), answer);
    const { pool } = rig.process.generation.backends.get("be")!;
    assert.ok(pool.servers.every(({ name }) => /^s\d$/.test(name)), "nothing was added");
  });
}

socketTest(
  "an added server is in maintenance, and one that follows it can be followed by nobody",
  async (rig) => {
    const { pool } = rig.process.generation.backends.get("be")!;
    const registered = "New server registered.\n\n";
    assert.equal(
      await ask(rig, "add server be/x 127.0.0.1:9 weight 7 maxconn 3 ws h2"),
      registered,
    );
    const x = pool.server("x")!;
    assert.equal(x.websockets, "h2");
    assert.deepEqual([x.state.admin, x.running, x.weight, x.maxconn], [
      Admin.ForcedMaint,
      false,
      7,
      3,
    ]);
    assert.equal(await ask(rig, "add server be/y 127.0.0.1:9 track be/s1"), registered);
    assert.match(await ask(rig, "add server be/z 127.0.0.1:9 track be/y"), /^'track'/);
    await ask(rig, "disable server be/s1");
    assert.match(await ask(rig, "del server be/s1"), /other configuration elements/);
    assert.equal(await ask(rig, "del server be/y"), "Server deleted.\n");
    assert.equal(await ask(rig, "del server be/s1"), "Server deleted.\n");
    assert.equal(await ask(rig, "enable server be/x"), "\n");
    assert.equal(x.running, true);
  },
);

socketTest(
  "an added server is connected to from the proxy's source, or from its own",
  async (rig) => {
    const { pool } = rig.process.generation.backends.get("be")!;
    await ask(rig, "add server be/x 127.0.0.1:9");
    await ask(rig, "add server be/y 127.0.0.1:9 source 127.0.0.9");
    assert.deepEqual(pool.server("x")!.config.source?.host, "127.0.0.7");
    assert.deepEqual(pool.server("y")!.config.source?.host, "127.0.0.9");
  },
  {
    backend: `source 127.0.0.7
    server s1 127.0.0.1:8001`,
  },
);
