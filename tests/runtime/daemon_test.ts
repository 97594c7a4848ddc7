import assert from "node:assert/strict";
import { launchDaemon } from "../../lib/runtime/daemon.ts";
import { endProcess, isAlive, run } from "../support/process.ts";
import { waitFor } from "../support/poll.ts";
import { readIfThere } from "../support/nginx.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { rootDirectory } from "../support/under_test.ts";

/** Launches a program whose text is `body`; it finds its report as `report`. */
async function launch(scope: Scope, body: string) {
  const script = scope.write(
    "background.ts",
    `import { daemonReport } from "${rootDirectory}lib/runtime/daemon.ts";
const report = daemonReport((name) => Deno.env.get(name))!;
Deno.writeTextFileSync("${scope.path("pid")}", String(Deno.pid));
${body}`,
  );
  let said = "";
  const code = await launchDaemon(["one", "two words"], {
    cwd: scope.dir,
    error: (text) => said += text,
    command: (args) => [Deno.execPath(), "run", "-q", "-A", "--no-check", script, ...args],
  });
  const pid = Number(readIfThere(scope.path("pid")));
  scope.defer("the background process", () => pid > 0 ? endProcess(pid) : undefined);
  return { code, said, pid };
}

scopedTest(
  "the launcher ends with 0 when the background process is ready, which lives on by itself",
  {},
  async (scope) => {
    const { code, said, pid } = await launch(
      scope,
      `report.message("[WARNING] a\\nsecond line\\n");
report.ready();
report.message("nobody hears this\\n");
console.log("nor this");
const stat = Deno.readTextFileSync("/proc/self/stat");
Deno.writeTextFileSync("${scope.path("facts")}", JSON.stringify({
  args: Deno.args,
  session: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]) === Deno.pid,
  stdio: [0, 1, 2].map((fd) => Deno.readLinkSync("/proc/self/fd/" + fd)),
}));
setTimeout(() => {}, 20_000);`,
    );
    assert.equal(code, 0);
    assert.equal(said, "[WARNING] a\nsecond line\n");
    const facts = await waitFor("its facts", () => readIfThere(scope.path("facts")) || undefined);
    assert.deepEqual(JSON.parse(facts), {
      args: ["one", "two words"],
      session: true,
      stdio: ["/dev/null", "/dev/null", "/dev/null"],
    });
    assert.ok(isAlive(pid));
  },
);

scopedTest(
  "what the background process says before it fails is passed on, with its exit code",
  {},
  async (scope) => {
    const { code, said } = await launch(scope, `report.message("[ALERT] no\\n"); Deno.exit(3);`);
    assert.equal(code, 3);
    assert.equal(said, "[ALERT] no\n");
  },
);

scopedTest(
  "a background process that ends or dies without a word is a failure",
  {},
  async (scope) => {
    assert.equal((await launch(scope, "Deno.exit(0);")).code, 1);
    const killed = await launch(scope, `Deno.kill(Deno.pid, "SIGKILL");`);
    assert.notEqual(killed.code, 0);
    assert.match(killed.said, /SIGKILL/);
  },
);

scopedTest(
  "a program started once more runs in the same form with the same permissions",
  {},
  async (scope) => {
    const script = scope.write(
      "again.ts",
      `import { selfCommand } from "${rootDirectory}lib/runtime/self_command.ts";
console.log(JSON.stringify(selfCommand(["-x", "y z"])));`,
    );
    const command = [Deno.execPath(), "run", "-q", "--no-check", "-A", script];
    for (const args of [["a", "b c"], [], ["run"]]) {
      const { stdout } = await run([...command, ...args], { cwd: scope.dir });
      assert.deepEqual(JSON.parse(stdout), [...command, "-x", "y z"]);
    }
  },
);

scopedTest(
  "a program that may not see its own command line gives no more permissions than it has",
  {},
  async (scope) => {
    const script = scope.write(
      "again.ts",
      `import { selfCommand } from "${rootDirectory}lib/runtime/self_command.ts";
console.log(JSON.stringify(selfCommand(["-x"])));`,
    );
    const command = [Deno.execPath(), "run", "-q", "--no-check", "--no-prompt"];
    const { stdout } = await run([...command, "--allow-net", "--allow-sys", script, "a"]);
    assert.deepEqual(JSON.parse(stdout), [
      Deno.execPath(),
      "run",
      "--no-prompt",
      "--allow-net",
      "--allow-sys",
      `file://${script}`,
      "-x",
    ]);
  },
);
