/** Captured headers in log lines, and other things that a reader of `option httplog` counts on. */
import { type Case, get, line, page, testCases } from "./support.ts";

const CASES: readonly Case[] = [
  {
    name: "captures of the response have their braces though no response came",
    options: {
      frontend: "capture request header X-A len 5\ncapture response header X-B len 5\n" +
        "capture response header X-C len 5",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "X-A: 1"));
      const server = await rig.server();
      await server.gets(get("/", "X-A: 1"));
      server.send("junk\r\n\r\n");
      await client.gets(page(502));
      const normal = line("0/0/0/-1/0", 502, page(502).length, "PH");
      await rig.logged(normal.replace(' "GET', ' {1} {|} "GET'));
    },
  },
  {
    name: "monitor-uri answers the same path in a URI with scheme and host",
    options: { frontend: "monitor-uri /health" },
    async play(rig) {
      const client = await rig.client();
      client.send("GET http://x.test/health HTTP/1.1\r\nHost: x.test\r\n\r\n");
      await client.gets(page(200));
      client.send("GET http://x.test/a/health HTTP/1.1\r\nHost: x.test\r\n\r\n");
      const server = await rig.server();
      await server.gets("GET http://x.test/a/health HTTP/1.1\r\nHost: x.test\r\n\r\n");
    },
  },
];

testCases("log and monitor", CASES);
