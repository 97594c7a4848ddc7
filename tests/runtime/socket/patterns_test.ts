/** Commands about ACLs and maps; the answers are HAProxy's. */
import assert from "node:assert/strict";
import { type Rig, S1 } from "../../support/proxy_rig.ts";
import { get } from "../../proxy/support.ts";
import { ADMIN, ask, SOCKETS, socketTest } from "./support.ts";

const options = {
  global: SOCKETS,
  files: { "/list": "a.com\nb.com\n", "/map": "/a one\n/b two\n", "/nets": "10.0.0.0/8 inside\n" },
  frontend: `acl bad hdr(host) -f /list
    http-request deny if bad
    http-request set-header x-map %[path,map(/map,none)]
    http-request set-header x-net %[src,map_ip(/nets,none)]`,
};

async function denied(rig: Rig, host: string): Promise<boolean> {
  const client = await rig.client();
  client.send(get("/a").replace(/Host: [^\r]*/, `Host: ${host}`));
  const answer = await client.take();
  client.close();
  return answer.startsWith("HTTP/1.1 403");
}

socketTest(
  "patterns are listed, found, added and deleted, and rules see it at once",
  async (rig) => {
    await rig.origin(S1);
    assert.match(
      await ask(rig, "show acl"),
      /^# id \(file\) description\n0 \(\/list\) .* curr_ver=0 next_ver=0 entry_cnt=2\n\n$/,
    );
    assert.match(await ask(rig, "show acl /list"), /^0x[0-9a-f]+ a\.com\n0x[0-9a-f]+ b\.com\n\n$/);
    assert.equal(
      await ask(rig, "get map /map /a"),
      'type=str, case=sensitive, found=yes, idx=tree, key="/a", value="one", type="str"\n\n',
    );
    assert.equal(await ask(rig, "get map /map /z"), "type=str, case=sensitive, found=no\n\n");
    assert.match(await ask(rig, "get map /nets 10.1.2.3"), /found=yes.*value="inside"/);
    assert.equal(await denied(rig, "c.com"), false);
    assert.equal(await ask(rig, "add acl /list c.com"), "\n");
    assert.equal(await denied(rig, "c.com"), true);
    assert.equal(await ask(rig, "del acl /list c.com"), "\n");
    assert.equal(await ask(rig, "del acl /list c.com"), "Key not found.\n\n");
    assert.equal(await denied(rig, "c.com"), false);
    assert.equal(await ask(rig, "set map /map /a uno"), "\n");
    assert.match(await ask(rig, "get map /map /a"), /value="uno"/);
    assert.equal(await ask(rig, "set map /map /zz x"), "entry not found.\n\n");
    assert.match(await ask(rig, "add map /nets 300.1.1.1 x"), /\.\n\n$/);
    assert.equal(
      await ask(rig, "show map nope"),
      "Unknown map identifier. Please use #<id> or <file>.\n\n",
    );
  },
  options,
);

socketTest("a version is made beside the list and takes its place at once", async (rig) => {
  assert.equal(await ask(rig, "prepare map /map"), "New version created: 1\n\n");
  assert.equal(await ask(rig, "add map @1 /map /n new"), "\n");
  assert.match(await ask(rig, "show map @1 /map"), /^0x[0-9a-f]+ \/n new\n\n$/);
  assert.match(await ask(rig, "get map /map /n"), /found=no/);
  assert.equal(await ask(rig, "commit map @1 /map"), "\n");
  assert.match(await ask(rig, "show map /map"), /^0x[0-9a-f]+ \/n new\n\n$/);
  assert.equal(await ask(rig, "commit map @9 /map"), "Version number out of range.\n\n");
  assert.equal(await ask(rig, "commit map /map"), "Missing version number.\n\n");
  assert.equal(
    await ask(rig, "add map @7 /map /k v"),
    "Version number in the future, please use 'prepare map' before.\n\n",
  );
  assert.equal(await ask(rig, "clear map /map"), "\n");
  assert.equal(await ask(rig, "show map /map"), "\n");
}, options);

socketTest("many keys come behind '<<', up to an empty line", async (rig) => {
  const peer = await rig.client(ADMIN);
  peer.send("add map /map <<\n/x 1\n/y 2 3\n\n");
  assert.equal(await peer.take(), "\n");
  assert.match(await ask(rig, "show map /map"), / \/x 1\n0x[0-9a-f]+ \/y 2 3\n\n$/);
}, options);
