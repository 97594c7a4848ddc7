/** The statistics page on a proxy in memory: its forms, scopes, rights, and what it escapes. */
import assert from "node:assert/strict";
import { get } from "../../proxy/support.ts";
import { waitFor } from "../../support/poll.ts";
import { FRONTEND, type Rig, rigTest } from "../../support/proxy_rig.ts";

/** The whole answer, however many turns of the event loop its pieces take. */
async function ask(rig: Rig, request: string, whole = complete): Promise<string> {
  const client = await rig.client(FRONTEND);
  client.send(request);
  let text = "";
  return await waitFor("the answer", async () => {
    text += await client.take();
    return whole(text) || client.state !== "open" ? text : undefined;
  });
}

function complete(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  if (/transfer-encoding: chunked/.test(text)) return text.endsWith("0\r\n\r\n");
  const length = /content-length: (\d+)/.exec(text);
  return length !== null && text.length - end - 4 >= Number(length[1]);
}

const post = (target: string, body: string, ...fields: string[]) =>
  [
    `POST ${target} HTTP/1.1`,
    "Host: a",
    `Content-Length: ${body.length}`,
    ...fields,
    "",
    body,
  ].join("\r\n");

rigTest("every form has its type, and other URIs go to the servers", {
  frontend: "stats uri /s\n stats refresh 7s",
}, async (rig) => {
  const types: Record<string, string> = {
    "/s;csv": "text/plain",
    "/s;typed": "text/plain",
    "/s;json": "application/json",
    "/s;json-schema": "application/json",
    "/s": "text/html; charset=utf-8",
  };
  for (const [target, type] of Object.entries(types)) {
    const answer = await ask(rig, get(target));
    assert.ok(answer.startsWith("HTTP/1.1 200 OK\r\ncache-control: no-cache\r\n"), answer);
    assert.ok(answer.includes(`\r\ncontent-type: ${type}\r\n`), target);
    assert.ok(answer.includes("\r\nrefresh: 7\r\n"), target);
    assert.ok(answer.endsWith("0\r\n\r\n"), target);
  }
  const json = await ask(rig, get("/s;json"));
  const body = json.slice(json.indexOf("\r\n\r\n") + 4).replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, "");
  assert.equal(JSON.parse(body)[0][0].value.value, "fe");
  assert.doesNotMatch(await ask(rig, get("/s;csv;norefresh")), /refresh/);
});

rigTest("a client of HTTP/1.0 gets it without chunks and the connection ends", {
  frontend: "stats uri /s",
}, async (rig) => {
  const answer = await ask(rig, "GET /s;csv HTTP/1.0\r\n\r\n");
  assert.doesNotMatch(answer, /chunked/);
  assert.match(answer, /\r\n\r\n# pxname,/);
});

rigTest("HEAD has no body", { frontend: "stats uri /s" }, async (rig) => {
  assert.ok((await ask(rig, get("/s").replace("GET", "HEAD"), (text) => text.endsWith("\r\n\r\n")))
    .endsWith("\r\n\r\n"));
});

rigTest("only the proxies of the scope are shown", {
  frontend: "stats uri /s\n stats scope .",
}, async (rig) => {
  const csv = await ask(rig, get("/s;csv"));
  assert.match(csv, /\nfe,FRONTEND,/);
  assert.doesNotMatch(csv, /\nbe,/);
});

rigTest("without 'stats admin' nothing is changed, and a body too long is not read", {
  frontend: "stats uri /s",
}, async (rig) => {
  const body = "s=s1&action=maint&b=be";
  assert.match(await ask(rig, post("/s", body)), /303 See Other[^]*location: \/s;st=DENY\r\n/);
  assert.match(await ask(rig, post("/s", "x".repeat(20_000))), /location: \/s;st=EXCD\r\n/);
});

rigTest("'stats admin' changes servers as HAProxy does", {
  frontend: "stats uri /s\n stats admin if { src 127.0.0.0/8 }",
}, async (rig) => {
  const code = async (body: string) => /st=([A-Z]{4})/.exec(await ask(rig, post("/s", body)))?.[1];
  const server = () => rig.process.generation.backends.get("be")!.pool.server("s1")!;
  assert.equal(await code("s=s1&action=maint&b=be"), "DONE");
  assert.equal(server().usable, false);
  assert.equal(await code("s=s1&action=ready&b=be"), "DONE");
  assert.equal(server().usable, true);
  assert.equal(await code("s=s1&action=weight&w=7&b=be"), "DONE");
  assert.equal(server().weight, 7);
  assert.equal(await code("s=s1&s=none&action=drain&b=be"), "PART");
  assert.equal(await code("s=none&action=drain&b=be"), "ERRP");
  assert.equal(await code("s=s1&action=odd&b=be"), "ERRP");
  assert.equal(await code("s=s1&action=dagent&b=be"), "NONE");
  assert.equal(await code("action=drain&b=be"), "NONE");
});

rigTest("a form that comes in pieces and in chunks is understood", {
  frontend: "stats uri /s\n stats admin if TRUE",
}, async (rig) => {
  const client = await rig.client(FRONTEND);
  client.send("POST /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ns=s1&");
  assert.equal(await client.take(), "");
  client.send("\r\n11\r\naction=maint&b=be\r\n0\r\n\r\n" + get("/s;csv"));
  let text = "";
  await waitFor("both answers", async () => {
    text += await client.take();
    return text.endsWith("0\r\n\r\n") ? true : undefined;
  });
  assert.match(text, /st=DONE/);
  // The connection lives on: the next request is answered too.
  assert.match(text, /\nbe,s1,[^\n]*,MAINT,/);
});

rigTest("passwords are asked for, and rules of its own decide who may see it", {
  frontend: "stats uri /s\n stats auth yu:yu",
}, async (rig) => {
  assert.match(await ask(rig, get("/s")), /^HTTP\/1.1 401 [^]*realm="HAProxy Statistics"/);
  const right = `Authorization: Basic ${btoa("yu:yu")}`;
  assert.match(await ask(rig, get("/s;csv", right)), /^HTTP\/1.1 200 /);
  const wrong = `Authorization: Basic ${btoa("yu:no")}`;
  assert.match(await ask(rig, get("/s;csv", wrong)), /^HTTP\/1.1 401 /);
});

rigTest("'stats http-request' denies", {
  frontend: "stats uri /s\n stats http-request deny if { path_end x }",
}, async (rig) => {
  assert.match(await ask(rig, get("/sx")), /^HTTP\/1.1 403 /);
  assert.match(await ask(rig, get("/s;csv")), /^HTTP\/1.1 200 /);
});

rigTest("what comes from outside is escaped", {
  frontend: "stats uri /s\n description <script>alert(1)</script>",
}, async (rig) => {
  const page = await ask(rig, get("/s?scope=%3Cimg%3E", "Accept: text/html"));
  assert.doesNotMatch(page, /<img>|<script>alert/);
  const whole = await ask(rig, get("/s", "Accept: text/html"));
  assert.match(whole, /&lt;script&gt;alert/);
  assert.match(whole, /content-security-policy: default-src 'none'/);
});
