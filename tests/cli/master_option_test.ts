import assert from "node:assert/strict";
import { masterSocketOf } from "../../lib/cli/master_option.ts";

Deno.test("-S takes the settings of 'stats socket' behind commas; without a level it is admin", () => {
  const socket = masterSocketOf("/run/master.sock,mode,600,uid,1000");
  assert.ok(typeof socket !== "string");
  assert.deepEqual(
    [socket.address, socket.mode, socket.uid, socket.level],
    ["/run/master.sock", 0o600, 1000, "admin"],
  );
  const tcp = masterSocketOf("127.0.0.1:1234,level,user");
  assert.ok(typeof tcp !== "string");
  assert.deepEqual([tcp.address, tcp.level], ["127.0.0.1:1234", "user"]);
});

Deno.test("-S with a mistake says what is wrong", () => {
  assert.match(masterSocketOf("/run/m,modd,600") as string, /^'-S \/run\/m,modd,600': .*'modd'/);
  assert.match(masterSocketOf("/run/m,mode,9") as string, /'9'/);
  assert.match(masterSocketOf("/run/m'x") as string, /^'-S .*quote/);
});
