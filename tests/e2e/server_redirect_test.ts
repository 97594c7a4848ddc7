/** `redir` of a server (manual 5.2): what is expected here holds for the real HAProxy as well. */
import assert from "node:assert/strict";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";
import { httpLine, setUp } from "./setup.ts";

scopedTest(
  "a server with 'redir' answers GET and HEAD with its prefix and their path, and serves the rest itself",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("served"));
    const { client, log } = await setUp(scope, {
      backend: `
        cookie SRV insert
        server away ${origin.address} redir http://images.example.com:81 cookie a
      `,
    });
    const ask = async (request: string) => {
      const peer = await client();
      await peer.write(request);
      const { raw, body } = await peer.response(request.startsWith("HEAD") ? { noBody: true } : {});
      const line = await httpLine(log);
      peer.close();
      return [raw.toLowerCase(), body, line] as const;
    };
    for (const method of ["GET", "HEAD"]) {
      const [head, body, line] = await ask(`${method} /a/b?c=d HTTP/1.1\r\nHost: h\r\n\r\n`);
      assert.match(head, /^http\/1\.1 302 found\r\n/);
      assert.match(head, /\r\nlocation: http:\/\/images\.example\.com:81\/a\/b\?c=d\r\n/);
      assert.match(head, /\r\nconnection: close\r\n/);
      assert.doesNotMatch(head, /set-cookie/);
      assert.deepEqual([body, line.status, line.termination.slice(0, 2)], ["", 302, "LC"]);
      assert.equal(line.server, "away");
    }
    const [absolute] = await ask("GET http://h/x?y HTTP/1.1\r\nHost: h\r\n\r\n");
    assert.match(absolute, /location: http:\/\/images\.example\.com:81\/x\?y\r\n/);
    const [, posted] = await ask("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert.equal(posted, "served");
  },
);
