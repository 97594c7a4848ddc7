import assert from "node:assert/strict";
import { planIdentity, type Self } from "../../lib/runtime/identity.ts";
import { run } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { rootDirectory } from "../support/under_test.ts";

const self: Self = {
  uid: 0,
  gid: 0,
  canChroot: true,
  read: (path) =>
    path === "/etc/passwd" ? "web:x:33:34::/:/bin/sh\nroot:x:0:0::/:\n" : "www:x:35:\n",
  isDirectory: (path) => path === "/jail",
};

Deno.test("names become numbers; a user does not bring its group along", () => {
  assert.deepEqual(planIdentity({ user: "web", group: "www", chroot: "/jail" }, self), {
    plan: { chroot: "/jail", uid: 33, gid: 35 },
  });
  assert.deepEqual(planIdentity({ user: "web" }, self), {
    plan: { chroot: undefined, uid: 33, gid: undefined },
  });
  assert.deepEqual(planIdentity({ uid: 7, gid: 8 }, self), {
    plan: { chroot: undefined, uid: 7, gid: 8 },
  });
});

Deno.test("what the process is already, and root, asks for no change", () => {
  const nothing = { plan: { chroot: undefined, uid: undefined, gid: undefined } };
  assert.deepEqual(planIdentity({}, self), nothing);
  assert.deepEqual(planIdentity({ user: "root", gid: 0 }, self), nothing);
  assert.deepEqual(planIdentity({ user: "web", gid: 34 }, { ...self, uid: 33, gid: 34 }), nothing);
});

Deno.test("everything that is impossible is said before anything is opened", () => {
  const problems = (wanted: Parameters<typeof planIdentity>[0], more: Partial<Self> = {}) => {
    const planned = planIdentity(wanted, { ...self, ...more });
    return "problems" in planned ? planned.problems.join("\n") : "";
  };
  assert.match(
    problems({ user: "nosuch", group: "none" }),
    /no user 'nosuch'.*\n.*no group 'none'/,
  );
  assert.match(problems({ chroot: "/none" }), /no such directory/);
  assert.match(problems({ chroot: "/jail" }, { uid: 5 }), /needs a start as root/);
  assert.match(problems({ chroot: "/jail" }, { canChroot: false }), /--allow-ffi/);
  assert.match(problems({ user: "web" }, { uid: 5 }), /user web needs a start as root/);
  assert.match(problems({ group: "www" }, { uid: 5 }), /group www needs a start as root/);
});

scopedTest(
  "the process is locked into its directory and has given up root, in all its threads",
  { root: true },
  async (scope) => {
    const jail = scope.path("jail");
    Deno.mkdirSync(jail);
    Deno.writeTextFileSync(`${jail}/inside`, "inside");
    const outside = scope.write("outside/conf.cfg", "outside text");
    scope.write("outside/other.yaml", "x");
    Deno.mkdirSync(scope.path("outside/dir"));
    const script = scope.write(
      "child.ts",
      `import { assumeIdentity } from "${rootDirectory}lib/runtime/identity.ts";
import { outsideFiles } from "${rootDirectory}lib/runtime/outside_files.ts";
const files = outsideFiles()!;
const problem = assumeIdentity({ chroot: "${jail}", uid: 65534, gid: 65533 });
const ids = [Deno.uid(), Deno.gid()];
const inside = await Deno.readTextFile("/inside");
let reached = true;
try { Deno.readTextFileSync("${outside}"); } catch { reached = false; }
let written = true;
try { Deno.writeTextFileSync("/inside", "no"); } catch { written = false; }
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const dir = "${scope.path("outside")}";
console.log(JSON.stringify({
  problem: problem ?? null, ids, inside, reached, written, cwd: Deno.cwd(),
  read: text(await files.read("${outside}", 1000)),
  limited: text(await files.read("${outside}", 1000)).length,
  relative: text(files.readSync("outside/conf.cfg")),
  list: (await files.listFiles(dir)).sort(),
  kinds: [await files.isDirectory(dir), await files.isDirectory("${outside}")],
  none: await files.read("/nowhere", 9).catch((e) => e.message),
  secret: await files.read("/etc/shadow", 9).catch((e) => e.message),
}));`,
    );
    const { stdout, stderr } = await run(
      [Deno.execPath(), "run", "-q", "-A", "--no-check", "--unstable-net", script],
      { cwd: scope.dir },
    );
    assert.deepEqual(JSON.parse(stdout || `"${stderr}"`), {
      problem: null,
      ids: [65534, 65533],
      inside: "inside",
      reached: false,
      written: false,
      cwd: "/",
      read: "outside text",
      limited: 12,
      relative: "outside text",
      list: ["conf.cfg", "other.yaml"],
      kinds: [true, false],
      none: "there is no such file or directory",
      secret: "permission denied",
    });
  },
);
