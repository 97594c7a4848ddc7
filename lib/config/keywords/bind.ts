/** The settings of `bind` lines, and of `stats socket` (manual 5.1). */
import type { BindDraft } from "../draft.ts";
import type { StatsSocketConfig } from "../model.ts";
import type { Mutable } from "../draft.ts";
import { ownerNumber } from "../owners.ts";
import { processSet, threadSet } from "../process_set.ts";
import { type ArgType, fileMode, integer, oneOf, Refusal, text, time } from "./args.ts";
import { namespaceName } from "./namespace.ts";
import {
  flag,
  ignoredSetting,
  known,
  type OptionTable,
  optionTable,
  setting,
} from "./option_table.ts";
import { tlsBindSettings } from "./tls_bind.ts";

/** 32 bits, as C writes numbers. */
const magicNumber: ArgType<number> = {
  label: "<magic number>",
  describe: "a number of at most 32 bits, as 1129007440 or 0x434B4950",
  schema: { type: ["integer", "string"] },
  parse({ text }) {
    const value = /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : NaN;
    return value <= 0xffffffff
      ? value
      : new Refusal(`'${text}' is not such a number`, magicNumber.describe);
  },
};

export const bindOptions: OptionTable = optionTable<BindDraft>("bind", "5.1", [
  setting({
    name: "thread",
    value: threadSet,
    summary: "The threads of 'nbthread' that listen here",
    apply(bind, value) {
      bind.threads = value;
    },
  }),
  setting({
    name: "process",
    value: processSet(),
    summary: "The processes of 'nbproc' that listen here",
    apply(bind, value) {
      bind.processes = value;
    },
  }),
  setting({
    name: "accept-netscaler-cip",
    value: magicNumber,
    summary:
      "Connections begin with NetScaler's header, which holds this number, and have its addresses",
    apply(bind, value) {
      bind.acceptNetscalerCip = value;
    },
  }),
  flag(
    "accept-proxy",
    "Connections begin with a header of the PROXY protocol, version 1 or 2, and have its addresses",
    (bind) => {
      bind.acceptProxy = true;
    },
  ),
  setting({
    name: "backlog",
    value: integer(0, 1_000_000),
    summary: "Connections the system may hold before they are accepted",
    apply(bind, value) {
      bind.backlog = value === 0 ? undefined : value;
    },
  }),
  flag("defer-accept", "Accepts a connection only once data came on it (TCP, Linux)", (bind) => {
    bind.deferAccept = true;
  }),
  setting({
    name: "gid",
    value: integer(0, 4294967294),
    summary: "Group of a Unix socket's file, by number",
    apply(bind, value) {
      bind.gid = value;
    },
  }),
  setting({
    name: "group",
    value: text("<group>"),
    summary: "Group of a Unix socket's file, by name",
    apply(bind, _value, { word, where, ...context }) {
      bind.gid = ownerNumber("group", word, where, context);
    },
  }),
  setting({
    name: "id",
    value: integer(1, 2147483647),
    summary: "Number of the socket in statistics; unique in its frontend",
    apply(bind, value) {
      bind.id = value;
    },
  }),
  setting({
    name: "interface",
    value: text("<interface>"),
    summary: "Accepts only what comes in through this network interface",
    apply(bind, value) {
      bind.interface = value;
    },
  }),
  setting({
    name: "maxconn",
    value: integer(0, 2147483647),
    summary: "Connections at the same time on each socket of the line",
    apply(bind, value) {
      bind.maxconn = value === 0 ? undefined : value;
    },
  }),
  setting({
    name: "mode",
    value: fileMode,
    summary: "Permissions of a Unix socket's file",
    apply(bind, value) {
      bind.mode = value;
    },
  }),
  setting({
    name: "name",
    value: text("<name>"),
    summary: "Name of the socket in statistics and logs",
    apply(bind, value) {
      bind.name = value;
    },
  }),
  ignoredSetting({
    name: "nice",
    value: integer(-1024, 1024),
    summary: "How readily connections of this socket give way to others; positive: more readily",
    reason: "the event loop serves all connections alike",
  }),
  setting({
    name: "proto",
    value: oneOf("h1", "h2"),
    summary: "What clients speak from their first byte: HTTP/1, or HTTP/2 (also without TLS)",
    apply(bind, value) {
      bind.proto = value;
    },
  }),
  setting({
    name: "tcp-ut",
    value: time(),
    summary: "How long sent data may stay without acknowledgement before a connection is given up",
    apply(bind, value) {
      bind.tcpUt = value === 0 ? undefined : value;
    },
  }),
  setting({
    name: "uid",
    value: integer(0, 4294967294),
    summary: "Owner of a Unix socket's file, by number",
    apply(bind, value) {
      bind.uid = value;
    },
  }),
  setting({
    name: "user",
    value: text("<user>"),
    summary: "Owner of a Unix socket's file, by name",
    apply(bind, _value, { word, where, ...context }) {
      bind.uid = ownerNumber("user", word, where, context);
    },
  }),
  flag("v4v6", "An IPv6 socket on '::' takes IPv4 connections too", (bind) => {
    bind.v4v6 = true;
  }),
  flag("v6only", "An IPv6 socket on '::' takes no IPv4 connections", (bind) => {
    bind.v6only = true;
  }),
  ...tlsBindSettings,
  ...known("unsupported", "only one thread is supported yet", {
    shards: [1, "Sockets for the same address"],
  }),
  setting({
    name: "namespace",
    value: namespaceName,
    summary: "Name of the network namespace that the socket is opened in (Linux)",
    apply(bind, value) {
      bind.namespace = value;
    },
  }),
  ...known("unsupported", "QUIC is not supported yet", {
    "quic-cc-algo": [1, "Congestion control of QUIC"],
    "quic-force-retry": [0, "Retry packets for every QUIC connection"],
  }),
  flag(
    "transparent",
    "Listens at an address that need not be this machine's (Linux TPROXY)",
    (bind) => {
      bind.transparent = true;
    },
  ),
  setting({
    name: "mss",
    value: integer(40, 65535, "<bytes>"),
    summary: "Largest TCP segment of connections",
    apply(bind, value) {
      bind.mss = value;
    },
  }),
  flag("tfo", "Takes data with a connection's first packet (TCP Fast Open)", (bind) => {
    bind.tfo = true;
  }),
  ...known("ignored", "it only matters on a 'stats socket' line", {
    "expose-fd": [1, "Hands listening sockets to a new process"],
    level: [1, "What commands may do"],
    "severity-output": [1, "Severity before messages"],
  }),
]);

type StatsDraft = Mutable<StatsSocketConfig>;

/** The settings of `stats socket` (manual 3.1). */
export const statsSocketOptions: OptionTable = optionTable<StatsDraft>("stats socket", "3.1", [
  setting({
    name: "mode",
    value: fileMode,
    summary: "Permissions of the socket's file",
    apply(socket, value) {
      socket.mode = value;
    },
  }),
  setting({
    name: "user",
    value: text("<user>"),
    summary: "Owner of the socket's file, by name",
    apply(socket, _value, { word, where, ...context }) {
      socket.uid = ownerNumber("user", word, where, context);
    },
  }),
  setting({
    name: "uid",
    value: integer(0, 4294967294),
    summary: "Owner of the socket's file, by number",
    apply(socket, value) {
      socket.uid = value;
    },
  }),
  setting({
    name: "group",
    value: text("<group>"),
    summary: "Group of the socket's file, by name",
    apply(socket, _value, { word, where, ...context }) {
      socket.gid = ownerNumber("group", word, where, context);
    },
  }),
  setting({
    name: "gid",
    value: integer(0, 4294967294),
    summary: "Group of the socket's file, by number",
    apply(socket, value) {
      socket.gid = value;
    },
  }),
  setting({
    name: "level",
    value: oneOf("user", "operator", "admin"),
    summary: "What commands may do: read, clear counters, or everything",
    apply(socket, value) {
      socket.level = value;
    },
  }),
  setting({
    name: "process",
    value: processSet(),
    summary: "The processes of 'nbproc' that answer: one, as a socket belongs to one process",
    apply(socket, value) {
      socket.processes = value;
    },
  }),
  setting({
    name: "expose-fd",
    value: oneOf("listeners"),
    summary: "Taken and not needed: a reload keeps the listening sockets by itself",
    apply() {},
  }),
  ...known("ignored", "it changes nothing on a runtime socket of sluice", {
    backlog: [1, "Connections the system may hold"],
    id: [1, "Number of the socket"],
    maxconn: [1, "Connections at the same time"],
    name: [1, "Name of the socket"],
    nice: [1, "Priority"],
    thread: [1, "Threads that answer"],
  }),
  ...known(
    "unsupported",
    "the runtime socket takes 'mode', 'user', 'uid', 'group', 'gid', 'level' and 'process'",
    {
      interface: [1, "Network interface"],
      namespace: [1, "Network namespace"],
      "severity-output": [1, "Severity before messages"],
      ssl: [0, "TLS on the socket"],
      crt: [1, "Certificate and key"],
      v4v6: [0, "IPv4 on an IPv6 socket"],
      v6only: [0, "No IPv4 on an IPv6 socket"],
      "accept-proxy": [0, "The PROXY protocol"],
    },
  ),
]);
