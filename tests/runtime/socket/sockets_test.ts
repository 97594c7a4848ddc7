import assert from "node:assert/strict";
import { VERSION } from "../../../lib/runtime/socket/info.ts";
import { Diagnostics } from "../../../lib/config/diagnostic.ts";
import type { Config } from "../../../lib/config/model.ts";
import { SluiceProcess } from "../../../lib/runtime/process.ts";
import { compilePolicies } from "../../../routes/policies.ts";
import { build } from "../../config/support.ts";
import { freePort } from "../../support/ports.ts";
import { type Scope, scopedTest } from "../../support/scope.ts";

const BIND = `127.0.0.1:${freePort()}`;

function configOf(global: string): Config {
  const { config, said } = build(`global
${global}
defaults
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen l
    bind ${BIND}
    server s1 127.0.0.1:9 weight 2
`);
  assert.ok(config !== undefined, said.join("\n"));
  return config;
}

async function startProcess(scope: Scope, global: string): Promise<SluiceProcess> {
  const process = new SluiceProcess({
    config: configOf(global),
    compilePolicies,
    report: (message) => console.error(message),
  });
  assert.ok(process.provision(new Diagnostics()));
  assert.equal(await process.start(), undefined);
  scope.defer("the proxy", async () => {
    process.stop();
    await process.finished;
  });
  return process;
}

/** What the socket answers; undefined: nobody listens there. */
async function ask(where: Deno.ConnectOptions | string, line: string): Promise<string | undefined> {
  let conn: Deno.Conn;
  try {
    conn = typeof where === "string"
      ? await Deno.connect({ transport: "unix", path: where })
      : await Deno.connect(where);
  } catch {
    return undefined;
  }
  try {
    await conn.write(new TextEncoder().encode(`${line}\n`));
    return await new Response(conn.readable).text();
  } catch {
    return undefined;
  }
}

const modeOf = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;

scopedTest("a Unix socket has the mode it is given, else what umask leaves", {}, async (scope) => {
  const [given, plain] = [scope.path("given"), scope.path("plain")];
  await startProcess(scope, `stats socket ${given} mode 600\nstats socket ${plain}`);
  assert.equal(modeOf(given), 0o600);
  assert.equal(modeOf(plain), 0o777 & ~Deno.umask());
  assert.equal(await ask(given, "show cli level"), "operator\n\n");
});

scopedTest(
  "a Unix socket belongs to the user and group it is given",
  { root: true },
  async (scope) => {
    const path = scope.path("owned");
    await startProcess(scope, `stats socket ${path} user nobody group nogroup`);
    const { uid, gid } = Deno.statSync(path);
    assert.deepEqual([uid, gid], [65534, 65534]);
  },
);

Deno.test("the owner of a socket is known when the configuration is read, by name or number", () => {
  const [socket] = configOf("stats socket /tmp/x user nobody gid 7").global.statsSockets;
  assert.deepEqual([socket.uid, socket.gid], [65534, 7]);
  const { said } = build("global\n    stats socket /tmp/x user no-such-user\n");
  assert.match(said.join("\n"), /there is no user 'no-such-user'/);
});

scopedTest("a TCP address answers too", {}, async (scope) => {
  const port = freePort();
  await startProcess(scope, `stats socket ipv4@127.0.0.1:${port} level admin`);
  assert.equal(await ask({ hostname: "127.0.0.1", port }, "show version"), `${VERSION}\n\n`);
});

scopedTest(
  "a socket that was left behind is replaced, and removed at the end",
  {},
  async (scope) => {
    const path = scope.path("left");
    const dead = Deno.listen({ transport: "unix", path: `${path}.other` });
    Deno.renameSync(`${path}.other`, path);
    dead.close();
    assert.ok(Deno.lstatSync(path).isSocket);
    const process = await startProcess(scope, `stats socket ${path}`);
    assert.equal(await ask(path, "show version"), `${VERSION}\n\n`);
    process.stop();
    await process.finished;
    assert.throws(() => Deno.lstatSync(path), Deno.errors.NotFound);
  },
);

scopedTest(
  "a file that is no socket is not replaced: the start fails and leaves nothing open",
  {},
  async (scope) => {
    const path = scope.write("file", "precious");
    const first = scope.path("first");
    const process = new SluiceProcess({
      config: configOf(`stats socket ${first}\nstats socket ${path}`),
      compilePolicies,
      report: () => {},
    });
    process.provision(new Diagnostics());
    const failure = await process.start();
    assert.equal(failure?.messages.length, 1);
    assert.match(failure.messages[0], /stats socket.*not a socket.*file/s);
    assert.equal(Deno.readTextFileSync(path), "precious");
    assert.throws(() => Deno.lstatSync(first), Deno.errors.NotFound);
    await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port: Number(BIND.split(":")[1]) }));
  },
);

scopedTest("a reload keeps a socket that stays, with its connections", {}, async (scope) => {
  const path = scope.path("kept");
  const process = await startProcess(scope, `stats socket ${path} level admin`);
  const before = Deno.lstatSync(path).ino;
  const conn = await Deno.connect({ transport: "unix", path });
  const buffer = new Uint8Array(1000);
  const say = async (text: string) => {
    await conn.write(new TextEncoder().encode(text));
    const n = await conn.read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, n ?? 0));
  };
  assert.equal(await say("prompt\n"), "\n> ");
  assert.equal(await say("set weight l/s1 7\n"), "\n> ");
  assert.deepEqual(
    (await process.reload(configOf(`stats socket ${path} level user\nstats timeout 1m`))).list,
    [],
  );
  assert.equal(Deno.lstatSync(path).ino, before, "the same file");
  assert.equal(await say("show cli level\n"), "admin\n\n> ");
  assert.equal(await say("get weight l/s1\n"), "7 (initial 2)\n\n> ");
  conn.close();
  assert.equal(await ask(path, "show cli level"), "user\n\n", "new ones have the new level");
});

scopedTest("a reload opens new sockets and closes those that are gone", {}, async (scope) => {
  const [old, fresh] = [scope.path("old"), scope.path("fresh")];
  const process = await startProcess(scope, `stats socket ${old}`);
  await process.reload(configOf(`stats socket ${fresh} mode 600`));
  assert.equal(await ask(old, "show version"), undefined);
  assert.throws(() => Deno.lstatSync(old), Deno.errors.NotFound);
  assert.equal(await ask(fresh, "show version"), `${VERSION}\n\n`);
  // Another mode at the same place: a new file takes the old one's place.
  await process.reload(configOf(`stats socket ${fresh} mode 640`));
  assert.equal(modeOf(fresh), 0o640);
  assert.equal(await ask(fresh, "show version"), `${VERSION}\n\n`);
  await process.reload(configOf(""));
  assert.equal(await ask(fresh, "show version"), undefined);
});

scopedTest("a reload that cannot open a socket changes nothing", {}, async (scope) => {
  const path = scope.path("kept");
  const file = scope.write("file", "precious");
  const process = await startProcess(scope, `stats socket ${path} level admin`);
  const { list } = await process.reload(
    configOf(`stats socket ${path} level user\nstats socket ${file}`),
  );
  assert.deepEqual(list.map(({ severity }) => severity), ["alert"]);
  assert.equal(await ask(path, "show cli level"), "admin\n\n");
  assert.equal(Deno.readTextFileSync(file), "precious");
});

scopedTest(
  "while the process drains, its sockets are closed for others to take",
  {},
  async (scope) => {
    const path = scope.path("drained");
    const process = await startProcess(scope, `stats socket ${path}`);
    const drained = process.drain();
    assert.equal(await ask(path, "show version"), undefined);
    await drained;
  },
);
