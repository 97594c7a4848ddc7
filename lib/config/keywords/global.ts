/** The `global` section (manual 3): the process, its limits and its identity. */
import { parseListenAddresses } from "../addresses.ts";
import type { Mutable } from "../draft.ts";
import { ownerNumber } from "../owners.ts";
import type { StatsSocketConfig } from "../model.ts";
import {
  type ArgType,
  COUNT,
  fileMode,
  integer,
  oneOf,
  path,
  Refusal,
  text,
  time,
  word,
} from "./args.ts";
import { statsSocketOptions } from "./bind.ts";
import { readOptions } from "./option_table.ts";
import {
  type ApplyContext,
  globalKeyword,
  type KeywordRow,
  named,
  one,
  optional,
  options,
  rest,
  rest1,
} from "./types.ts";

/** HAProxy keeps the first value of these and says so; so does sluice. */
function setOnce(name: string, context: ApplyContext): boolean {
  if (context.previous === undefined) return true;
  context.diagnostics.warning(
    context.statement.span,
    `'${name}' is set a second time here and not used`,
    {
      related: { span: context.previous.span, message: "this value stays" },
    },
  );
  return false;
}

const nodeName: ArgType<string> = {
  label: "<name>",
  describe: "letters, digits, '-', '_' and '.'",
  schema: { type: "string", pattern: "^[A-Za-z0-9_.-]+$" },
  parse: ({ text }) =>
    /^[A-Za-z0-9_.-]{1,255}$/.test(text)
      ? text
      : new Refusal(`'${text}' is not a node name`, "letters, digits, '-', '_' and '.'"),
};

const variable: ArgType<string> = {
  label: "<name>",
  describe: "the name of an environment variable",
  schema: { type: "string" },
  parse: ({ text }) =>
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? text : new Refusal(
      `'${text}' is not the name of an environment variable`,
      "letters, digits and '_'",
    ),
};

const socketAddress: ArgType<string> = {
  label: "<address>",
  describe: "a socket's path, or an address and a port",
  schema: { type: "string" },
  parse({ text }) {
    const addresses = parseListenAddresses(text);
    if (addresses instanceof Refusal) return addresses;
    return addresses.length === 1
      ? text
      : new Refusal(`'${text}' is more than one address`, "one address");
  },
};

/** Environment variables are set by the text layer while it reads; the rows check what was written. */
function environment(name: string, summary: string): KeywordRow {
  return globalKeyword({
    name,
    args: { name: one(variable), value: rest1(text("<value>")) },
    repeatable: true,
    summary,
    manual: "3.1",
    apply() {},
  });
}

/** `infinite` is no end. */
const timeOrInfinite: ArgType<number> = {
  label: "<time>|infinite",
  describe: `${time().describe}, or 'infinite'`,
  schema: { anyOf: [time().schema, { const: "infinite" }] },
  parse: (word) => word.text === "infinite" ? Infinity : time().parse(word),
};

export const globalRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "chroot",
    args: { directory: one(path("<directory>")) },
    summary: "Locks the process into a directory once it has started",
    manual: "3.1",
    apply(global, { directory }, context) {
      if (setOnce("chroot", context)) global.chroot = directory;
    },
  }),
  globalKeyword({
    name: "daemon",
    args: {},
    summary: "Goes to the background after the start",
    manual: "3.1",
    apply(global) {
      global.daemon = true;
    },
  }),
  globalKeyword({
    name: "description",
    args: { text: rest1(text("<text>")) },
    summary: "Describes this instance",
    manual: "3.1",
    apply(global, { text }) {
      global.description = text.join(" ");
    },
  }),
  globalKeyword({
    name: "gid",
    args: { number: one(integer(0, 4294967294)) },
    summary: "Group of the process after the start, by number",
    manual: "3.1",
    apply(global, { number }) {
      global.gid = number;
    },
  }),
  globalKeyword({
    name: "close-spread-time",
    args: { time: one(timeOrInfinite) },
    summary: "Over which time connections are closed when the process drains",
    manual: "3.1",
    apply(global, { time }) {
      global.closeSpreadTime = time === 0 ? undefined : time;
    },
  }),
  globalKeyword({
    name: "grace",
    args: { time: one(time()) },
    summary: "How long SIGUSR1 waits before connections are refused",
    manual: "3.1",
    apply(global, { time }) {
      global.grace = time === 0 ? undefined : time;
    },
  }),
  globalKeyword({
    name: "group",
    args: { name: one(text("<group>")) },
    summary: "Group of the process after the start, by name",
    manual: "3.1",
    apply(global, { name }) {
      global.group = name;
    },
  }),
  globalKeyword({
    name: "hard-stop-after",
    args: { time: one(time()) },
    summary: "How long a soft stop may take before what is left is closed",
    manual: "3.1",
    apply(global, { time }) {
      global.hardStopAfter = time === 0 ? undefined : time;
    },
  }),
  globalKeyword({
    name: "master-worker",
    args: { mode: optional(oneOf("no-exit-on-failure")) },
    summary: "Reloads in place, as 'systemctl reload' expects; sluice does so always",
    manual: "management 3",
    apply(global) {
      global.masterWorker = true;
    },
  }),
  globalKeyword({
    name: "maxconn",
    args: { number: one(integer(0, COUNT)) },
    summary: "Connections of clients at the same time in the whole process",
    manual: "3.2",
    apply(global, { number }, context) {
      if (setOnce("maxconn", context)) global.maxconn = number === 0 ? undefined : number;
    },
  }),
  globalKeyword({
    name: "node",
    args: { name: one(nodeName) },
    summary: "Name of this instance among several",
    manual: "3.1",
    apply(global, { name }) {
      global.node = name;
    },
  }),
  globalKeyword({
    name: "pidfile",
    args: { path: one(path()) },
    summary: "File for the number of the process",
    manual: "3.1",
    apply(global, { path }, context) {
      if (setOnce("pidfile", context)) global.pidfile = path;
    },
  }),
  environment(
    "presetenv",
    "Sets an environment variable unless it is set already; later lines see it",
  ),
  environment("setenv", "Sets an environment variable; later lines see it"),
  globalKeyword({
    name: "resetenv",
    args: { names: rest(variable) },
    repeatable: true,
    summary: "Removes all environment variables except those named; later lines see it",
    manual: "3.1",
    apply() {},
  }),
  globalKeyword({
    name: "unsetenv",
    args: { names: rest1(variable) },
    repeatable: true,
    summary: "Removes environment variables; later lines see it",
    manual: "3.1",
    apply() {},
  }),
  globalKeyword({
    name: "quiet",
    args: {},
    summary: "Prints nothing at the start",
    manual: "3.3",
    apply(global) {
      global.quiet = true;
    },
  }),
  globalKeyword({
    name: "zero-warning",
    args: {},
    summary: "Refuses to start when there is a warning",
    manual: "3.3",
    apply(global) {
      global.zeroWarning = true;
    },
  }),
  globalKeyword({
    name: "spread-checks",
    args: { percent: one(integer(0, 50, "<percent>")) },
    summary: "Randomness in the time between health checks, in percent",
    manual: "3.2",
    apply(global, { percent }) {
      global.spreadChecks = percent;
    },
  }),
  globalKeyword({
    name: "stats socket",
    args: { address: one(socketAddress), settings: options(() => statsSocketOptions) },
    repeatable: true,
    summary: "Opens a socket for commands while running",
    manual: "3.1",
    apply(global, { address, settings }, context) {
      const socket: Mutable<StatsSocketConfig> = {
        address,
        level: "operator",
        span: context.statement.span,
      };
      readOptions(statsSocketOptions, settings, socket, "stats socket", "stats socket", context);
      global.statsSockets.push(socket);
    },
  }),
  globalKeyword({
    name: "stats maxconn",
    args: { number: one(integer(1, COUNT)) },
    summary: "Connections to stats sockets at the same time",
    manual: "3.1",
    apply(global, { number }) {
      global.statsMaxconn = number;
    },
  }),
  globalKeyword({
    name: "stats timeout",
    args: { time: one(time({ min: 1 })) },
    summary: "How long a stats socket waits for a command",
    manual: "3.1",
    apply(global, { time }) {
      global.statsTimeout = time;
    },
  }),
  globalKeyword({
    name: "uid",
    args: { number: one(integer(0, 4294967294)) },
    summary: "User of the process after the start, by number",
    manual: "3.1",
    apply(global, { number }) {
      global.uid = number;
    },
  }),
  globalKeyword({
    name: "ulimit-n",
    args: { number: one(integer(0, COUNT)) },
    summary: "File descriptors the process may use",
    manual: "3.1",
    apply(global, { number }) {
      global.ulimitN = number === 0 ? undefined : number;
    },
  }),
  globalKeyword({
    name: "unix-bind",
    args: {
      settings: named({
        prefix: path("<prefix>"),
        mode: fileMode,
        user: word("<user>", "the name of a user"),
        uid: integer(0, 4294967294),
        group: word("<group>", "the name of a group"),
        gid: integer(0, 4294967294),
      }),
    },
    summary: "What 'bind' lines with a Unix socket get when they do not say it themselves",
    manual: "3.1",
    apply(global, { settings: { user, group, ...settings } }, context) {
      Object.assign(global.unixBind, settings);
      if (user !== undefined) {
        global.unixBind.uid = ownerNumber("user", user, "'unix-bind'", context);
      }
      if (group !== undefined) {
        global.unixBind.gid = ownerNumber("group", group, "'unix-bind'", context);
      }
    },
  }),
  globalKeyword({
    name: "user",
    args: { name: one(text("<user>")) },
    summary: "User of the process after the start, by name",
    manual: "3.1",
    apply(global, { name }) {
      global.user = name;
    },
  }),
];
