/** The master socket (`-S`, management manual 9.4) beside HAProxy's, and with several processes. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { run, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { commandUnderTest, underTest } from "../support/under_test.ts";

const configuration = (address: string, global = "") =>
  `global
    maxconn 100
${global}
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind ${address}
    default_backend app
backend app
    server web1 127.0.0.1:9 weight 7
backend many
${Array.from({ length: 100 }, (_, n) => `    server s${n} 127.0.0.1:9`).join("\n")}
`;

class Master {
  constructor(readonly socket: string, readonly file: string) {}

  async ask(text: string): Promise<string> {
    const { stdout } = await run(["socat", "-t", "30", "-", `UNIX-CONNECT:${this.socket}`], {
      stdin: `${text}\n`,
    });
    return stdout;
  }

  /** The rows of `show proc`: pid, type, reloads. */
  async processes(): Promise<string[][]> {
    return (await this.ask("show proc")).trim().split("\n").filter((line) => line[0] !== "#")
      .map((line) => line.split(/ {2,}/).slice(0, 3));
  }

  async reloaded(count: number): Promise<string[][]> {
    return await waitFor(`${count} reloads`, async () => {
      const rows = await this.processes().catch(() => []);
      return rows.length > 1 && rows[0][2].startsWith(`${count} `) ? rows : undefined;
    });
  }
}

async function begin(scope: Scope, name: string, command: string[], global = "") {
  const address = `127.0.0.1:${freePort()}`;
  const socket = scope.path(`${name}.sock`);
  const file = scope.write(`${name}.cfg`, configuration(address, global));
  const args = ["-W", "-S", `${socket},mode,600`, "-f", file];
  const process = start(scope, name, [...command, ...args]);
  await waitListening(process, [address]);
  return { master: new Master(socket, file), process };
}

scopedTest("a master socket leads to the process, tells of it and reloads, as HAProxy's", {
  programs: ["haproxy", "socat"],
  unless: underTest === "haproxy" ? "it runs both" : undefined,
}, async (scope) => {
  const both = await Promise.all([
    begin(scope, "haproxy", ["haproxy"]),
    begin(scope, "sluice", commandUnderTest([])),
  ]);
  const [theirs, ours] = both.map(({ master }) => master);
  /** The answer of both, without what must differ. */
  const same = async (line: string) => {
    const plain = (text: string) =>
      text.replace(/^ {2}.*\n/gm, "").replace(/^\d+\.\d+\.\d+\S*$/gm, "VERSION")
        .replace(/\d{3,}(?=[(>])/g, "PID")
        // At the end HAProxy asks once more.
        .replace(/(master\(e\)> )+$/, "$1");
    const answers = await Promise.all([theirs.ask(line), ours.ask(line)]);
    assert.equal(plain(answers[1]), plain(answers[0]), line);
    return plain(answers[1]);
  };
  assert.equal(Deno.statSync(ours.socket).mode! & 0o777, 0o600);
  assert.equal(await same("show version"), "VERSION\n\n");
  assert.equal(await same("@1 get weight app/web1"), "7 (initial 7)\n\n");
  await same("@1; get weight app/web1; @; show version; @master show version");
  await same("show cli level");
  await same("operator; show cli level; @1 show cli level; @1 set weight app/web1 3");
  await same("user; reload");
  await same("@1 get weight app/web1; @0 show version");
  await same("show cli sockets");
  await same("prompt\n@1\nget weight app/web1\n@\nexpert-mode on\nquit");
  assert.match(await ours.ask("show info"), /^Unknown command/);
  assert.match(await ours.ask("help"), /\n {2}@!<pid> [^]*\n {2}reload /);
  for (const each of [theirs, ours]) {
    assert.match(await each.ask("@9 show version"), /^Can't find the target PID/);
    const [, [pid]] = await each.processes();
    assert.match(await each.ask(`@!${pid} get weight app/web1`), /^7 \(initial 7\)/);
    const good = Deno.readTextFileSync(each.file);
    Deno.writeTextFileSync(each.file, good.replace("weight 7", "weight 8"));
    assert.equal(await each.ask("reload"), "");
    assert.deepEqual((await each.reloaded(1)).map((row) => row[2]), ["1 [failed: 0]", "0"]);
    assert.match(await each.ask("@1 get weight app/web1"), /^8 \(initial 8\)/);
    Deno.writeTextFileSync(each.file, good.replace("weight 7", "weigth 8"));
    assert.equal(await each.ask("reload"), "");
    assert.deepEqual((await each.reloaded(2)).map((row) => row[2]), ["2 [failed: 1]", "1"]);
    assert.match(await each.ask("prompt\nquit"), /^\n?master\[ReloadFailed\]> /);
  }
});

scopedTest("with nbproc a master socket reaches every process; one that died is found again", {
  programs: ["socat"],
  unless: underTest === "haproxy" ? "HAProxy 2.6 has no nbproc" : undefined,
}, async (scope) => {
  const { master } = await begin(scope, "sluice", commandUnderTest([]), "    nbproc 2");
  const [[pid], [first], [second]] = await master.processes();
  assert.equal(new Set([pid, first, second]).size, 3);
  const answer = await master.ask(`@1 show info; @2 show info; @!${second} show info`);
  const found = [...answer.matchAll(/^(Process_num|Pid): (\d+)$/gm)].map((m) => m[2]);
  assert.deepEqual(found, ["1", first, "2", second, "2", second]);
  // What is changed, is changed in the one that is meant; a payload goes with its command.
  assert.equal(await master.ask("@1 set weight app/web1 3"), "\n");
  assert.match(await master.ask("@1 get weight app/web1"), /^3 /);
  assert.match(await master.ask("@2 get weight app/web1"), /^7 /);
  assert.match(await master.ask("@2 add map #9 <<\na b\n\n"), /^Unknown map identifier/);
  // A long answer, and one that is left in the middle.
  const rows = (await master.ask("@1 show stat typed; @2 show version")).split("\n");
  assert.ok(rows.some((row) => /^S\.\d+\.100\..*:str:s99$/.test(row)));
  assert.match(rows.at(-3)!, /^\d/);
  const waits = run(["timeout", "0.3", "socat", "-", `UNIX-CONNECT:${master.socket}`], {
    stdin: "@1 show events buf0 -w\n",
  });
  await waits;
  assert.match(await master.ask("@1 show version"), /^\d/);
  Deno.kill(Number(second), "SIGKILL");
  const [, , [again]] = await waitFor("the process to be there again", async () => {
    const rows = await master.processes();
    return rows.length === 3 && rows[2][0] !== second ? rows : undefined;
  });
  await waitFor(
    "the new process to answer",
    async () => (await master.ask(`@!${again} show info`)).includes("Process_num: 2"),
  );
});
