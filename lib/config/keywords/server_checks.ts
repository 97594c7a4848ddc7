/** The settings of `server` lines that concern checks and what follows from them (manual 5.2). */
import type { ServerDraft } from "../draft.ts";
import { ipAddress } from "./address_types.ts";
import { integer, oneOf, text, time, word } from "./args.ts";
import { flag, setting } from "./option_table.ts";

export const serverCheckSettings = [
  setting({
    name: "check-proto",
    value: oneOf("h1", "h2", "none"),
    summary:
      "What HTTP checks speak (other checks: 'none'); without it what 'proto' says, unless they go elsewhere",
    apply(server: ServerDraft, value) {
      server.checkProto = value;
    },
  }),
  setting({
    name: "agent-addr",
    value: ipAddress,
    summary: "Address of the agent, when it is not the one that checks go to",
    apply(server: ServerDraft, value) {
      server.agentAddr = value;
    },
  }),
  flag<ServerDraft>("agent-check", "Asks an agent for the server's state and weight", (server) => {
    server.agentCheck = true;
  }),
  flag<ServerDraft>(
    "no-agent-check",
    "Takes back an 'agent-check' of default-server",
    (server) => {
      server.agentCheck = false;
    },
  ),
  setting({
    name: "agent-inter",
    value: time({ min: 1 }),
    summary: "Time between questions to the agent, 2 s when it is not set",
    apply(server: ServerDraft, value) {
      server.agentInter = value;
    },
  }),
  setting({
    name: "agent-port",
    value: integer(1, 65535, "<port>"),
    summary: "Port of the agent",
    apply(server: ServerDraft, value) {
      server.agentPort = value;
    },
  }),
  setting({
    name: "agent-send",
    value: text("<string>"),
    summary: "What is sent to the agent when the connection stands",
    apply(server: ServerDraft, value) {
      server.agentSend = value;
    },
  }),
  flag<ServerDraft>("check-send-proxy", "Checks begin with a PROXY header", (server) => {
    server.checkSendProxy = true;
  }),
  flag<ServerDraft>(
    "no-check-send-proxy",
    "Takes back a 'check-send-proxy' of default-server",
    (server) => {
      server.checkSendProxy = false;
    },
  ),
  setting({
    name: "error-limit",
    value: integer(1),
    summary: "Errors in a row that 'observe' sees before 'on-error' acts, 10 when it is not set",
    apply(server: ServerDraft, value) {
      server.errorLimit = value;
    },
  }),
  setting({
    name: "init-state",
    value: oneOf("fully-up", "up", "down", "fully-down"),
    manual: "5.2 (HAProxy 3.1)",
    summary:
      "State before the first checks: 'up' and 'down' change at the first check, the others after all of 'fall' or 'rise'",
    apply(server: ServerDraft, value) {
      server.initState = value;
    },
  }),
  setting({
    name: "observe",
    value: oneOf("layer4", "layer7"),
    summary: "Counts failed connections, or also bad answers, of live traffic",
    apply(server: ServerDraft, value) {
      server.observe = value;
    },
  }),
  setting({
    name: "on-error",
    value: oneOf("fastinter", "fail-check", "sudden-death", "mark-down"),
    summary: "What happens at the error limit of 'observe', 'fail-check' when it is not set",
    apply(server: ServerDraft, value) {
      server.onError = value;
    },
  }),
  setting({
    name: "on-marked-up",
    value: oneOf("shutdown-backup-sessions"),
    summary: "Ends the sessions on backup servers when the server comes up",
    apply(server: ServerDraft, value) {
      server.onMarkedUp = value;
    },
  }),
  setting({
    name: "track",
    value: word("[<proxy>/]<server>", "the name of a server, or of a proxy and its server"),
    summary: "Follows the state of another server instead of checking",
    apply(server: ServerDraft, value) {
      server.track = value;
    },
  }),
];
