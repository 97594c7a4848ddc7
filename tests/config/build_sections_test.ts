/** Sections that are neither `global` nor proxies (manual 3.4, 3.8), and what proxies take of them. */
import assert from "node:assert/strict";
import { alerts, build, proxy, valid } from "./support.ts";

const FILES = {
  "/503.http": "HTTP/1.1 503 A\r\n\r\na",
  "/404.http": "HTTP/1.1 404 B\r\n\r\nb",
  "/own.http": "HTTP/1.1 503 C\r\nContent-Length: 1\r\n\r\nc",
};
const HASH = "$1$abcdefgh$rwnEbRiN0agqVgZBovWNQ/";

Deno.test("users and groups may each name the other", () => {
  const { userlists } = valid(`
userlist L
    group G1 users tiger,scott
    group G2
    user tiger password ${HASH} groups G2
    user scott insecure-password elgato groups G1
    user xdb insecure-password "two words"
userlist EMPTY
`);
  const [list, empty] = userlists;
  assert.deepEqual(list.groups, ["G1", "G2"]);
  assert.deepEqual(list.users, [
    { name: "tiger", password: { kind: "crypt", text: HASH }, groups: ["G2", "G1"] },
    { name: "scott", password: { kind: "plain", text: "elgato" }, groups: ["G1"] },
    { name: "xdb", password: { kind: "plain", text: "two words" }, groups: [] },
  ]);
  assert.deepEqual([empty.name, empty.users.length], ["EMPTY", 0]);
});

Deno.test("a userlist in YAML has users and groups by name", () => {
  const { userlists } = valid(
    `
userlists:
  L:
    users:
      tiger: { password: "${HASH}", groups: [G1, G2] }
      scott: insecure-password elgato
    groups:
      G1: {}
      G2: { users: [scott] }
`,
    { file: "t.yaml" },
  );
  assert.deepEqual(
    userlists[0].users.map(({ name, groups }) => [name, groups]),
    [["tiger", ["G1", "G2"]], ["scott", ["G2"]]],
  );
});

Deno.test("of the lines about one status the last holds, those of defaults first", () => {
  const config = valid(
    `
http-errors site
    errorfile 503 /503.http
    errorfile 404 /404.http
defaults
    mode http
    errorfiles site
    http-error status 403 content-type text/plain string no
frontend f
    bind 127.0.0.1:80
    timeout client 1s
    errorfile 503 /own.http
    http-error status 404 default-errorfiles
    http-error status 500 content-type text/plain string broken
backend b
    http-error status 503 content-type text/plain string sorry
    http-error status 403 errorfile /own.http
backend c
    errorfile 404 /own.http
    errorfiles later 404
http-errors later
    errorfile 404 /404.http
`,
    { files: FILES },
  );
  const said = (name: string) => ({
    files: proxy(config, name).errorfiles.map(({ status, path }) => `${status} ${path}`),
    answers: proxy(config, name).httpErrors.map(({ status }) => status),
  });
  assert.deepEqual(said("f"), { files: ["503 /own.http"], answers: [403, 500] });
  assert.deepEqual(said("b"), { files: ["403 /own.http", "404 /404.http"], answers: [503] });
  assert.deepEqual(said("c"), { files: ["404 /404.http", "503 /503.http"], answers: [403] });
  assert.deepEqual(config.httpErrors.map(({ name, files }) => [name, files.length]), [
    ["site", 2],
    ["later", 1],
  ]);
});

Deno.test("a status that a section does not have is said once, for the line that names it", () => {
  const { said, config } = build(
    `
http-errors site
    errorfile 503 /503.http
defaults
    mode http
    errorfiles site 503 404
backend a
backend b
`,
    { files: FILES },
  );
  assert.notEqual(config, undefined);
  assert.deepEqual(said, ["warning 6: 'http-errors site' has no answer for the status 404"]);
});

Deno.test("an error file must say how long its body is, or leave it out", () => {
  const file = (text: string) =>
    alerts("backend b\n    errorfile 503 /x\n", { files: { "/x": text } });
  assert.match(
    file("HTTP/1.1 503 A\r\nContent-Length: 3\r\n\r\nab").join(),
    /has a body of 2 bytes, and says that they are 3/,
  );
  assert.match(
    file("HTTP/1.1 503 A\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").join(),
    /has a body in chunks/,
  );
});
