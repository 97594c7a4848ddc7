/** unique-id, http-send-name-header, http-pretend-keepalive, monitor fail; formats of log lines. */
import assert from "node:assert/strict";
import { type Case, get, message, ok, page, testCases } from "./support.ts";

const UNIQUE = "unique-id-format %{+X}o%ci:%cp_%rt\nunique-id-header X-Id\n";

const CASES: readonly Case[] = [
  {
    name: "unique-id-header tells the server the identifier that is logged and that rules see",
    options: {
      frontend: `${UNIQUE}log-format "%ID %[unique-id]"\nhttp-request set-header A %[unique-id]`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      const sent = await server.take();
      const id = /\r\nX-Id: (7F000001:[0-9A-F]{4}_[0-9A-F]{4})\r\n/.exec(sent)![1];
      assert.match(sent, new RegExp(`\r\nA: ${id}\r\n`));
      server.send(ok());
      await client.gets(ok());
      assert.match((await rig.takeLog())[0], new RegExp(`${id} ${id}$`));
      client.send(get());
      const next = /\r\nX-Id: (.*)\r\n/.exec(await server.take())![1];
      assert.notEqual(next, id);
    },
  },
  {
    name: "http-send-name-header tells each server its own name, after a redispatch too",
    options: {
      backend: "server dead 127.0.0.1:8009\nserver live 127.0.0.1:8001\nretries 1\n" +
        "option redispatch 1\nhttp-send-name-header X-Server",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "X-Server: forged"));
      await rig.pass(1100);
      const server = await rig.server();
      await server.gets(get("/", "X-Server: live"));
    },
  },
  {
    name: "http-pretend-keepalive closes the server's connection without telling it before",
    options: {
      backend: "server s1 127.0.0.1:8001\noption http-server-close\noption http-pretend-keepalive",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets(get());
      server.send(ok());
      await client.gets(ok());
      assert.notEqual(server.state, "open");
    },
  },
  {
    name: "monitor fail answers 503 when one of its conditions holds, else 200",
    options: {
      frontend: "monitor-uri /alive\nmonitor fail if { nbsrv(be) lt 1 }\n" +
        "monitor fail unless { req.hdr(fine) yes }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/alive", "Fine: yes"));
      assert.match(await client.take(), /^HTTP\/1\.[01] 200 /);
      client.send(get("/alive"));
      await client.gets(page(503));
      assert.deepEqual(await rig.takeLog(), []);
    },
  },
  {
    name: "error-log-format is the format of lines about what went wrong",
    options: {
      frontend: 'log-format "good %ST"\nerror-log-format "bad %ST %ts"\n' +
        "http-request return status 500 if { path /own }\n" +
        "http-request return status 200 if { path /fine }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(ok());
      await client.gets(ok());
      client.send(get());
      await server.take();
      server.send("rubbish\r\n\r\n");
      await client.gets(page(502));
      for (const path of ["/own", "/fine"]) {
        client.send(get(path));
        await client.take();
      }
      const ends = (await rig.takeLog()).map((line) => /(good|bad).*$/.exec(line)![0]);
      assert.deepEqual(ends, ["good 200", "bad 502 PH", "bad 500 LR", "good 200"]);
    },
  },
  {
    name: "log-format-sd stands in lines of rfc5424, option httplog clf in the common log format",
    options: {
      text: `global
    maxconn 100
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend fe
    bind 127.0.0.1:80
    log 127.0.0.1:514 format rfc5424 local0
    log 127.0.0.1:514 local0
    option httplog clf
    log-format-sd '[id@1 status="%ST" path="%{+E}HP"]'
    http-request return status 204
`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get('/a"]'));
      await client.gets(message("HTTP/1.1 204 No Content", []));
      const [structured, plain] = await rig.takeLog();
      assert.match(structured, / - \[id@1 status="204" path="\/a#22\\\]"\] 127\.0\.0\.1 - - \[/);
      assert.match(
        plain,
        /\]: 127\.0\.0\.1 - - \[.*\] "GET \/a#22\] HTTP\/1\.1" 204 [0-9]+ "" "" /,
      );
    },
  },
];

testCases("identity", CASES);
