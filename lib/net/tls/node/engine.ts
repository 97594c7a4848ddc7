/** The engine that is always there. */
import process from "node:process";
import type { SessionHolder, TlsEngine } from "../engine.ts";
import { NodeClientConn } from "./client_conn.ts";
import { makeNodeClientContext, makeNodeServerContext, MISSING } from "./context.ts";
import { VerifiedPeers } from "./peers.ts";
import { NodeServerConn } from "./server_conn.ts";

/** Sessions with servers are not resumed. */
const NO_SESSIONS: SessionHolder = { take: () => undefined, put: () => {}, free: () => {} };

export function nodeEngine(): TlsEngine {
  const verified = new VerifiedPeers();
  return {
    name: "node",
    version: `node:tls of Deno ${Deno.version.deno} (${process.versions.openssl})`,
    missing: MISSING,
    serverContext: makeNodeServerContext,
    clientContext: makeNodeClientContext,
    accept: (inner, options) => new NodeServerConn(inner, options, verified),
    connect: (inner, options) => new NodeClientConn(inner, options),
    sessions: () => NO_SESSIONS,
  };
}
