/** Messages that a server or client could read otherwise than the proxy did. */
import { S1 } from "../support/proxy_rig.ts";
import { type Case, get, ok, page, testCases } from "./support.ts";

const SET_GET = { frontend: "http-request set-method GET if { method HEAD }" };
const SET_HEAD = { frontend: "http-request set-method HEAD if { method GET }" };

const CASES: readonly Case[] = [
  {
    name: "a line of a request that ends with a bare LF goes on with CR LF",
    async play(rig) {
      const client = await rig.client();
      client.send("GET / HTTP/1.1\r\nHost: x\r\nA: 1\nB: 2\r\n\r\n");
      const server = await rig.server();
      await server.gets("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n\r\n");
    },
  },
  {
    name: "a line of an answer that ends with a bare LF goes on with CR LF",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets(get());
      server.send("HTTP/1.1 200 OK\r\nA: 1\nContent-Length: 2\r\n\r\nhi");
      await client.gets("HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\n\r\nhi");
    },
  },
  {
    name: "a client that asked with HEAD gets no body though a rule asked the server with GET",
    options: SET_GET,
    async play(rig) {
      const client = await rig.client();
      client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
      const server = await rig.server();
      await server.gets(get());
      server.send(ok("body"));
      await client.gets(ok("body").replace(/body$/, ""));
      client.send("POST /2 HTTP/1.1\r\nHost: x\r\n\r\n");
      const other = await rig.server();
      await other.gets("POST /2 HTTP/1.1\r\nHost: x\r\n\r\n");
      other.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "a client that waits for a body gets an empty one when a rule asked the server with HEAD",
    options: SET_HEAD,
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
      server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
      await client.gets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    },
  },
  {
    name: "an HTTP/1.0 request with GET and a body is refused with 413",
    async play(rig) {
      const client = await rig.client();
      client.send("GET / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
      await client.getsEnd(page(413));
    },
  },
  {
    name: "h1-accept-payload-with-any-method lets an HTTP/1.0 request with GET have a body",
    options: { global: "h1-accept-payload-with-any-method" },
    async play(rig) {
      const client = await rig.client();
      client.send("GET / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
      const server = await rig.server();
      await server.gets("GET / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
      server.send(ok());
    },
  },
  {
    name: "close in a second Connection field outweighs keep-alive in the first",
    async play(rig) {
      const client = await rig.client();
      client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n");
      const server = await rig.server();
      await server.gets("GET / HTTP/1.0\r\n\r\n");
      server.send(ok());
      await client.getsEnd("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
    },
  },
  {
    name: "a reused connection with a PROXY header is of one client address only",
    options: {
      frontend: "http-request set-src hdr(x-client)",
      backend: `server s1 ${S1} send-proxy`,
    },
    async play(rig) {
      const client = await rig.client();
      const ask = (address: string) => `GET / HTTP/1.1\r\nHost: x\r\nX-Client: ${address}\r\n\r\n`;
      const header = (address: string) => `PROXY TCP4 ${address} 127.0.0.1 40000 80\r\n`;
      client.send(ask("192.0.2.1"));
      const first = await rig.server();
      await first.gets(header("192.0.2.1") + ask("192.0.2.1"));
      first.send(ok());
      await client.gets(ok());
      client.send(ask("192.0.2.1"));
      await first.gets(ask("192.0.2.1"));
      first.send(ok());
      await client.gets(ok());
      client.send(ask("192.0.2.2"));
      const second = await rig.server();
      await second.gets(header("192.0.2.2") + ask("192.0.2.2"));
      second.send(ok());
      await client.gets(ok());
    },
  },
];

testCases("desync", CASES);
