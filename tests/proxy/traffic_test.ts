/** Bandwidth limits and injected faults in a running proxy. */
import assert from "node:assert/strict";
import { get, message, ok, page, post, testCases } from "./support.ts";

const BODY = "x".repeat(3000);

testCases("bandwidth limits", [
  {
    name: "an answer goes no faster than its stream's limit",
    options: {
      frontend: "filter bwlim-out slow default-limit 1000 default-period 1s\n" +
        "http-response set-bandwidth-limit slow",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(ok(BODY));
      const total = ok(BODY).length;
      let seen = 0;
      const rates: number[] = [];
      for (let second = 0; second < 6 && seen < total; second++) {
        await rig.pass(1000);
        const n = (await client.take()).length;
        rates.push(n);
        seen += n;
      }
      assert.equal(seen, total);
      assert.ok(rates.length >= 3, `${rates}`);
      // What may go at once at the start, then the rate.
      assert.ok(rates.slice(1).every((n) => n <= 1100), `${rates}`);
      // The connection lives on.
      client.send(get("/2"));
      const server = rig.origin();
      assert.equal(server.accepted, 1);
    },
  },
  {
    name: "a rule may give another limit, and others are not concerned",
    options: {
      frontend: "filter bwlim-out slow default-limit 10 default-period 1s\n" +
        "http-response set-bandwidth-limit slow limit 1m if { status 200 }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(ok(BODY));
      await rig.pass(1);
      assert.equal((await client.take()).length, ok(BODY).length);
    },
  },
  {
    name: "all streams of one key share a limit that a stick table counts",
    options: {
      frontend: "stick-table type ip size 10 expire 10s store bytes_out_rate(1s)\n" +
        "filter bwlim-out all limit 1000 key src\nhttp-response set-bandwidth-limit all",
    },
    async play(rig) {
      const clients = [await rig.client(), await rig.client()];
      for (const client of clients) {
        client.send(get());
        (await rig.server()).send(ok(BODY));
      }
      let seen = 0;
      for (let second = 0; second < 3; second++) {
        await rig.pass(1000);
        for (const client of clients) seen += (await client.take()).length;
      }
      assert.ok(seen <= 4000 && seen >= 2000, `${seen}`);
    },
  },
  {
    name: "a limit before compression counts content, one behind it what goes out",
    options: {
      frontend: `compression algo gzip
filter bwlim-out content default-limit 1000 default-period 1s
filter compression
filter bwlim-out wire default-limit 1000 default-period 1s
http-request set-bandwidth-limit content if { path /content }
http-request set-bandwidth-limit wire if { path /wire }`,
    },
    async play(rig) {
      const took: number[] = [];
      for (const path of ["/content", "/wire"]) {
        const client = await rig.client();
        client.send(get(path, "Accept-Encoding: gzip", "Connection: close"));
        const server = await rig.server();
        server.send(ok(BODY, "Connection: close"));
        server.finish();
        let text = "";
        let seconds = 0;
        for (; !text.endsWith("\r\n0\r\n\r\n"); seconds++) {
          await rig.pass(1000);
          text += await client.take();
          assert.ok(seconds < 30, text);
        }
        assert.match(text, /Content-Encoding: gzip/);
        took.push(seconds);
      }
      assert.ok(took[0] >= 3 && took[1] === 1, `${took}`);
    },
  },
  {
    name: "a limit holds for what comes from a cache, too",
    options: {
      more: "cache c\n total-max-size 1\n max-object-size 65536",
      frontend: "filter cache c\nfilter bwlim-out slow default-limit 1000 default-period 1s\n" +
        "http-request set-bandwidth-limit slow if { hdr(slow) -m found }\n" +
        "http-request cache-use c\nhttp-response cache-store c",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const answer = ok(BODY, "Cache-Control: max-age=60");
      (await rig.server()).send(answer);
      await client.gets(answer);
      client.send(get("/", "Slow: yes"));
      await rig.pass(900);
      const first = (await client.take()).length;
      assert.ok(first > 0 && first <= 1100, `${first}`);
      await rig.pass(5000);
      assert.equal(first + (await client.take()).length, answer.length + "Age: 0\r\n".length);
      assert.equal(rig.origin().accepted, 1);
      client.send(get());
      await rig.pass(1);
      assert.ok((await client.take()).length > answer.length, "others are not concerned");
    },
  },
  {
    name: "a request's body goes no faster than its limit",
    options: {
      frontend: "filter bwlim-in slow default-limit 1000 default-period 1s\n" +
        "http-request set-bandwidth-limit slow",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(post(3000, ""));
      const server = await rig.server();
      await server.take();
      client.send(BODY);
      let seen = 0;
      for (let second = 0; second < 2; second++) {
        await rig.pass(1000);
        seen += (await server.take()).length;
      }
      assert.ok(seen < 3000 && seen >= 1000, `${seen}`);
      await rig.pass(3000);
      seen += (await server.take()).length;
      assert.equal(seen, 3000);
      server.send(ok());
      await client.gets(ok());
    },
  },
]);

testCases("injected faults", [
  {
    name: "inject-delay lets a request wait, inject-abort answers it",
    options: {
      frontend: "http-request inject-delay 2s if { path /slow }\n" +
        "http-request inject-abort 503 if { path /bad }\n" +
        "http-request inject-abort 500 percent 40 if { path /never }\n" +
        "http-request inject-abort 500 percent 60 if { path /ever }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/slow"));
      await rig.pass(1999);
      assert.equal(rig.origin().accepted, 0);
      await rig.pass(1);
      const server = await rig.server();
      await server.gets(get("/slow"));
      server.send(ok());
      await client.gets(ok());
      client.send(get("/bad"));
      await rig.pass(1);
      await client.gets(page(503));
      // The rig's random number is a half.
      client.send(get("/ever"));
      await rig.pass(1);
      await client.gets(page(500));
      client.send(get("/never"));
      await server.gets(get("/never"));
      server.send(message("HTTP/1.1 204 No Content", []));
      await rig.pass(1);
      assert.match(await client.take(), / 204 /);
    },
  },
]);
