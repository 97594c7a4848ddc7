import assert from "node:assert/strict";
import { isRoot } from "../support/needs.ts";
import { waitFor } from "../support/poll.ts";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";
import { setUp } from "./setup.ts";

/** The numbers of Debian's `nobody` and `nogroup`, and of root. */
const NOBODY = 65534;

if (isRoot) {
  scopedTest("a Unix socket has the owner that its line or unix-bind names", {}, async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("x"));
    const own = scope.path("own.sock");
    const common = scope.path("common.sock");
    const byNumber = scope.path("number.sock");
    await setUp(scope, {
      global: "unix-bind mode 640 user nobody group nogroup",
      frontend: `bind ${own} mode 600 user root
        bind ${common}
        bind ${byNumber} uid 4711 gid 4712`,
      backend: `server s1 ${origin.address}`,
    });
    const owner = async (path: string) => {
      const info = await waitFor(path, () => {
        try {
          return Deno.statSync(path);
        } catch {
          return undefined;
        }
      });
      return [info.mode! & 0o777, info.uid, info.gid];
    };
    assert.deepEqual(await owner(own), [0o600, 0, NOBODY]);
    assert.deepEqual(await owner(common), [0o640, NOBODY, NOBODY]);
    assert.deepEqual(await owner(byNumber), [0o640, 4711, 4712]);
  });
}
