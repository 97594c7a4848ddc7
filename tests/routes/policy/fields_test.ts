/** `option forwardfor`, `originalto` and `forwarded`: what a server gets to see of the client. */
import type { RigOptions } from "../../support/proxy_rig.ts";
import { type Case, get, testCases } from "../../proxy/support.ts";

interface Row {
  readonly name: string;
  readonly options: RigOptions;
  /** fields that the client sends behind Host */
  readonly sent?: readonly string[];
  /** fields that the server gets behind Host */
  readonly got: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    name: "forwardfor adds the client's address behind all other fields",
    options: { defaults: "option forwardfor" },
    sent: ["A: 1"],
    got: ["A: 1", "X-Forwarded-For: 127.0.0.1"],
  },
  {
    name: "forwardfor adds a field of its own where the client sent one",
    options: { defaults: "option forwardfor" },
    sent: ["x-forwarded-for: 1.2.3.4"],
    got: ["x-forwarded-for: 1.2.3.4", "X-Forwarded-For: 127.0.0.1"],
  },
  {
    name: "forwardfor if-none leaves a request that has the field alone",
    options: { defaults: "option forwardfor if-none" },
    sent: ["x-FORWARDED-for: 1.2.3.4"],
    got: ["x-FORWARDED-for: 1.2.3.4"],
  },
  {
    name: "forwardfor if-none on one side only: the other one adds it always",
    options: {
      frontend: "option forwardfor if-none",
      backend: "option forwardfor\nserver s1 127.0.0.1:8001",
    },
    sent: ["X-Forwarded-For: 1.2.3.4"],
    got: ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 127.0.0.1"],
  },
  {
    name: "forwardfor except a network that the client is in: nothing",
    options: { defaults: "option forwardfor except 127.0.0.0/8" },
    got: [],
  },
  {
    name: "forwardfor except another network: the address",
    options: { defaults: "option forwardfor except 10.0.0.0/8" },
    got: ["X-Forwarded-For: 127.0.0.1"],
  },
  {
    name: "the backend's name of the field wins",
    options: {
      frontend: "option forwardfor header X-Front",
      backend: "option forwardfor header X-Back\nserver s1 127.0.0.1:8001",
    },
    got: ["X-Back: 127.0.0.1"],
  },
  {
    name: "the frontend alone is enough, and so is the backend",
    options: { backend: "option forwardfor\nserver s1 127.0.0.1:8001" },
    got: ["X-Forwarded-For: 127.0.0.1"],
  },
  {
    name: "originalto adds the address that the client reached",
    options: { defaults: "option originalto" },
    got: ["X-Original-To: 127.0.0.1"],
  },
  {
    name: "originalto with another name, except a network",
    options: { defaults: "option originalto except 127.0.0.0/8 header X-To" },
    got: [],
  },
  {
    name: "both together, in this order",
    options: { defaults: "option forwardfor\noption originalto header X-To" },
    got: ["X-Forwarded-For: 127.0.0.1", "X-To: 127.0.0.1"],
  },
  {
    name: "option forwarded says proto and for (RFC 7239)",
    options: { backend: "option forwarded\nserver s1 127.0.0.1:8001" },
    got: ["Forwarded: proto=http;for=127.0.0.1"],
  },
  {
    name: "option forwarded with every part, quoted where it must be",
    options: {
      backend: "option forwarded proto host by by_port for for_port\nserver s1 127.0.0.1:8001",
    },
    got: ['Forwarded: proto=http;host=x;by="127.0.0.1:80";for="127.0.0.1:40000"'],
  },
];

testCases(
  "fields",
  ROWS.map(({ name, options, sent = [], got }): Case => ({
    name,
    options,
    async play(rig) {
      const client = await rig.client();
      // Twice on one connection: the edits of one request must not stay for the next.
      client.send(get("/1", ...sent) + get("/2", ...sent));
      const server = await rig.server();
      await server.gets(get("/1", ...got));
      server.send("HTTP/1.1 204 No Content\r\n\r\n");
      await server.gets(get("/2", ...got));
    },
  })),
);
