import assert from "node:assert/strict";
import { parseServerStates, type SavedServer, SavedServers } from "../../lib/servers/state_file.ts";
import { Random } from "../support/random.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const HEAD = "1\n# be_id be_name srv_id srv_name srv_addr …\n";
const GOOD = "3 app 2 web2 127.0.0.2 2 8 5 1 40 6 3 4 6 0 0 1 web.test 8080 - 0 0 - - 0";

Deno.test("a line of HAProxy's is read whole", () => {
  const saved = parseServerStates(bytes(`${HEAD}${GOOD}\n\n`));
  assert.ok(typeof saved !== "string");
  assert.deepEqual(saved, [{
    backendId: 3,
    backend: "app",
    id: 2,
    name: "web2",
    address: "127.0.0.2",
    op: 2,
    admin: 8,
    weight: 5,
    initialWeight: 1,
    sinceChange: 40,
    checkResult: 3,
    health: 4,
    checkState: 6,
    backendIdForced: false,
    idForced: true,
    fqdn: "web.test",
    port: 8080,
    srvRecord: undefined,
  }]);
});

Deno.test("older files have fewer fields", () => {
  const short = GOOD.split(" ").slice(0, 18).join(" ");
  const saved = parseServerStates(bytes(`${HEAD}${short}\n`));
  assert.ok(typeof saved !== "string");
  assert.equal(saved[0].port, 0);
});

const bad: readonly [what: string, text: string, says: RegExp][] = [
  ["another version", `2\n${GOOD}\n`, /first line/],
  ["nothing", "", /first line/],
  ["a line that is too short", `${HEAD}3 app 2 web2\n`, /line 3 /],
  ["an address that is none", HEAD + GOOD.replace("127.0.0.2", "127.0.0.x"), /line 3 /],
  ["a state that there is not", HEAD + GOOD.replace(" 2 8 ", " 9 8 "), /line 3 /],
  ["a weight that is too large", HEAD + GOOD.replace(" 5 1 ", " 257 1 "), /line 3 /],
  ["a negative number", HEAD + GOOD.replace(" 40 ", " -1 "), /line 3 /],
  ["a name with other characters", HEAD + GOOD.replace("web.test", "web;test"), /line 3 /],
];

for (const [what, text, says] of bad) {
  Deno.test(`a file with ${what} is not used`, () => {
    const answer = parseServerStates(bytes(text));
    assert.ok(typeof answer === "string" && says.test(answer), String(answer));
  });
}

Deno.test("a server is found by its name, and by its id when the configuration says it", () => {
  const saved = new SavedServers(parseServerStates(bytes(HEAD + GOOD)) as SavedServer[]);
  assert.equal(saved.find("app", { name: "web2", id: 9 })?.weight, 5);
  assert.equal(saved.find("app", { name: "renamed", id: 2, idForced: true })?.weight, 5);
  assert.equal(saved.find("app", { name: "renamed", id: 2 }), undefined);
  assert.equal(saved.find("other", { name: "web2", id: 2 }), undefined);
});

Deno.test("whatever a file has, there is an answer and no exception", () => {
  const rng = new Random(99);
  for (let n = 0; n < 3000; n++) {
    const text = [...HEAD + GOOD];
    for (let k = rng.below(8); k > 0; k--) {
      text[rng.below(text.length)] = rng.pick(["\n", " ", "-", "9", "\0", "é"]);
    }
    parseServerStates(bytes(text.join("")));
  }
});
