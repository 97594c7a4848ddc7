/** `option http-restrict-req-hdr-names`: fields whose names have other characters than letters, digits and hyphens. */
import assert from "node:assert/strict";
import { type Case, get, ok, page, testCases } from "./support.ts";

const ODD = ["X_Forwarded-For: 10.0.0.1", "X-Good: 1", "a.b: 2", "x!: 3"];

const CASES: readonly Case[] = [
  {
    name: "all fields pass without it, and with 'preserve'",
    options: { defaults: "option http-restrict-req-hdr-names preserve" },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", ...ODD));
      const server = await rig.server();
      await server.gets(get("/", ...ODD));
    },
  },
  {
    name: "'delete' takes them away behind the rules, which see them",
    options: {
      backend: `option http-restrict-req-hdr-names delete
        http-request set-header X-Seen %[req.hdr(x_forwarded-for)]
        server s1 127.0.0.1:8001`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", ...ODD));
      const server = await rig.server();
      await server.gets(get("/", "X-Good: 1", "X-Seen: 10.0.0.1"));
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "'reject' answers with 403 and counts a denied request",
    options: { frontend: "option http-restrict-req-hdr-names reject" },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "X-Good: 1"));
      const server = await rig.server();
      await server.gets(get("/", "X-Good: 1"));
      server.send(ok());
      await client.gets(ok());
      await rig.takeLog();
      client.send(get("/", ...ODD));
      await client.gets(page(403));
      const [line] = await rig.takeLog();
      assert.match(line, / 403 .* PR-- /);
    },
  },
];

testCases("odd names of fields", CASES);
