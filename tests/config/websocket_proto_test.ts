import assert from "node:assert/strict";
import { websocketsApart } from "../../lib/config/websocket_proto.ts";
import { proxy, valid } from "./support.ts";

const apart = (settings: string) => {
  const config = valid(
    `defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
backend b
    server s 127.0.0.1:80 ${settings}
`,
  );
  return websocketsApart(proxy(config, "b").servers[0]);
};

const TLS = "ssl verify none";

for (
  const [settings, ws, expected] of [
    ["", "auto", undefined],
    ["", "h1", undefined],
    ["", "h2", "h2"],
    ["proto h1", "h2", "h2"],
    ["proto h2", "auto", undefined],
    ["proto h2", "h1", "h1"],
    ["proto h2", "h2", undefined],
    [TLS, "auto", undefined],
    [TLS, "h2", "h2"],
    [`${TLS} alpn h2`, "auto", undefined],
    [`${TLS} alpn h2`, "h1", "h1"],
    [`${TLS} alpn h2`, "h2", undefined],
    [`${TLS} alpn http/1.1`, "auto", undefined],
    [`${TLS} alpn http/1.1`, "h1", undefined],
    [`${TLS} alpn h2,http/1.1`, "auto", "h1"],
    [`${TLS} alpn h2,http/1.1`, "h1", "h1"],
    [`${TLS} alpn h2,http/1.1`, "h2", "h2"],
    [`${TLS} alpn h2,http/1.1 proto h2`, "auto", undefined],
  ] as const
) {
  const name = settings === "" ? "a plain server" : `'${settings}'`;
  const how = expected === undefined ? "as its other requests" : `by ${expected} of their own`;
  Deno.test(`WebSocket streams to ${name} with 'ws ${ws}' go ${how}`, () => {
    assert.equal(apart(`${settings} ws ${ws}`), expected);
    if (ws === "auto") assert.equal(apart(settings), expected);
  });
}

Deno.test("'ws' of a default-server holds for servers that do not say otherwise", () => {
  const { servers } = proxy(
    valid(`backend b
    mode http
    timeout connect 5s
    timeout server 5s
    default-server proto h2 ws h1
    server s1 127.0.0.1:80
    server s2 127.0.0.1:80 ws auto
`),
    "b",
  );
  assert.deepEqual(servers.map(websocketsApart), ["h1", undefined]);
});
