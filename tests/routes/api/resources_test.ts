/** Maps, ACLs, stick tables and sessions as resources: every answer is what its schema says. */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { apiRoutes } from "../../../routes/api/routes.ts";
import { schemas } from "../../../routes/api/schemas.ts";
import { parseEntry } from "../../../routes/api/tables.ts";
import { type Rig, rigTest } from "../../support/proxy_rig.ts";
import { client, token } from "./support.ts";

const ajv = new Ajv2020({ strict: false });

/** Asks as an administrator, and holds what is answered against the schema of the row. */
async function admin(rig: Rig) {
  const ask = await client(rig);
  const all = await token({ scope: "admin" });
  // deno-lint-ignore no-explicit-any
  return async (method: string, path: string, body?: unknown, status = 200): Promise<any> => {
    const answer = await ask(method, path, all, body);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    const pattern = (route: string) => new RegExp(`^${route.replace(/:[a-z]+/g, "[^/]+")}$`);
    const row = apiRoutes.find((each) =>
      each.method === method.toLowerCase() && pattern(each.path).test(path)
    );
    assert.ok(row?.gives, `${method} ${path} is a row`);
    const validate = ajv.compile(schemas[status === 200 ? row.gives : "Error"]);
    assert.ok(validate(answer.body), ajv.errorsText(validate.errors));
    return answer.body;
  };
}

const options = {
  frontend: `http-request set-header x %[path,map(virt@names,none)]
    acl blocked path -f virt@blocked
    http-request deny if blocked`,
  backend: `stick-table type ip size 10 expire 1h store gpc0,http_req_cnt
    server s1 127.0.0.1:8001`,
};

rigTest("maps: read, add, change, delete, replace", options, async (rig) => {
  const ask = await admin(rig);
  const [map] = await ask("GET", "/maps");
  assert.deepEqual([map.name, map.entries], ["virt@names", 0]);
  const at = `/maps/${map.id}/entries`;
  await ask("POST", at, { key: "/a b", value: "one" });
  await ask("POST", at, { key: "/c", value: "two words" });
  await ask("PATCH", at, { key: "/c", value: "three" });
  await ask("PATCH", at, { key: "/no", value: "x" }, 404);
  assert.deepEqual(await ask("GET", at), [{ key: "/a b", value: "one" }, {
    key: "/c",
    value: "three",
  }]);
  await ask("DELETE", `${at}/${encodeURIComponent("/a b")}`);
  await ask("DELETE", `${at}/nothing`, undefined, 404);
  await ask("PUT", at, [{ key: "x", value: "1" }, { key: "y", value: "2" }]);
  assert.deepEqual((await ask("GET", at)).map(({ key }: { key: string }) => key), ["x", "y"]);
  await ask("GET", "/maps/99/entries", undefined, 404);
  await ask("POST", at, { key: "x" }, 400);
});

rigTest("pattern lists of ACLs: read, add, delete, replace", options, async (rig) => {
  const ask = await admin(rig);
  const acl = (await ask("GET", "/acls")).find(({ name }: { name: string }) =>
    name === "virt@blocked"
  );
  const at = `/acls/${acl.id}/entries`;
  await ask("POST", at, { pattern: "/secret" });
  assert.deepEqual(await ask("GET", at), [{ pattern: "/secret" }]);
  await ask("PUT", at, [{ pattern: "/a" }, { pattern: "/b" }]);
  await ask("DELETE", `${at}/${encodeURIComponent("/a")}`);
  assert.deepEqual(await ask("GET", at), [{ pattern: "/b" }]);
});

rigTest("stick tables: entries are made, read and deleted", options, async (rig) => {
  const ask = await admin(rig);
  assert.deepEqual(await ask("GET", "/tables"), [{ name: "be", type: "ip", size: 10, used: 0 }]);
  const at = "/tables/be/entries";
  await ask("PUT", `${at}/10.0.0.1`, { gpc0: 7 });
  assert.deepEqual((await ask("GET", `${at}/10.0.0.1`)).data, { gpc0: 7, http_req_cnt: 0 });
  assert.equal((await ask("GET", at)).length, 1);
  await ask("PUT", `${at}/10.0.0.1`, { nothing: 7 }, 422);
  await ask("GET", `${at}/10.0.0.2`, undefined, 404);
  await ask("DELETE", `${at}/10.0.0.1`);
  assert.deepEqual(await ask("GET", at), []);
  await ask("GET", "/tables/none/entries", undefined, 404);
  // What stands in a path is no line of the runtime socket.
  await ask("PUT", `${at}/${encodeURIComponent("10.0.0.3;disable server be/s1")}`, {}, 422);
  assert.equal(rig.process.generation.backends.get("be")!.pool.server("s1")!.usable, true);
});

rigTest("sessions: listed, and ended by their number", options, async (rig) => {
  const ask = await admin(rig);
  const peer = await rig.client();
  peer.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n");
  await rig.pass(10);
  const [session] = await ask("GET", "/sessions");
  assert.equal(session.backend, "be");
  await ask("DELETE", "/sessions/0xffff", undefined, 404);
  await ask("DELETE", `/sessions/${session.id}`);
  await rig.pass(10);
  assert.deepEqual(await ask("GET", "/sessions"), []);
});

Deno.test("a line of a table is read whatever its key", () => {
  assert.deepEqual(
    parseEntry("0x7f: key=a b=c use=0 exp=29 gpc0=1 conn_rate(10000)=2 server_key=s1"),
    {
      key: "a b=c",
      expires: 29,
      data: { gpc0: 1, "conn_rate(10000)": 2, server_key: "s1" },
    },
  );
  assert.equal(parseEntry("# table: t, type: ip, size:1, used:0"), undefined);
});
