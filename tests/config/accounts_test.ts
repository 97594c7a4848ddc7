import assert from "node:assert/strict";
import { findGroup, findUser } from "../../lib/config/accounts.ts";

const FILES: Record<string, string> = {
  "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nhaproxyx:x:9:9::/:/bin/false\n" +
    "haproxy:x:105:112::/var/lib/haproxy:/usr/sbin/nologin\nodd:x:abc:1::/:\nshort:x\n",
  "/etc/group": "root:x:0:\nweb:x:2000:a,b\n",
};
const read = (path: string) => FILES[path];

Deno.test("a user's numbers come from its own line of /etc/passwd", () => {
  assert.deepEqual(findUser("haproxy", read), { uid: 105, gid: 112 });
  assert.deepEqual(findUser("root", read), { uid: 0, gid: 0 });
  assert.equal(findUser("hap", read), undefined);
  assert.equal(findUser("odd", read), undefined);
  assert.equal(findUser("short", read), undefined);
});

Deno.test("a group's number comes from /etc/group", () => {
  assert.equal(findGroup("web", read), 2000);
  assert.equal(findGroup("we", read), undefined);
});

Deno.test("a machine without these files has no accounts", () => {
  const none = () => {
    throw new Deno.errors.NotFound();
  };
  assert.equal(findUser("root", none), undefined);
  assert.equal(findGroup("root", none), undefined);
});
