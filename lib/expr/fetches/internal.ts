/** Fetches of the process, the clock and the stream's way through the rules (manual 7.3.2). */
import { latin1OfText } from "../../http1/bytes.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, FetchRow } from "../rows.ts";
import type { Value } from "../sample.ts";
import { uniqueIdOf } from "../unique_id.ts";

const SECTION = "7.3.2";

/** A UUID of version 4 from the process's own randomness (RFC 9562 section 5.4). */
function uuid(random: () => number): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits).toString(16).padStart(digits, "0");
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`;
}

const UNIT: ArgSpec = { name: "unit", type: "enum", values: ["s", "ms", "us"], optional: true };

/** A row without arguments. */
function row(
  base: Pick<FetchRow, "name" | "type" | "doc"> & Partial<FetchRow>,
  read: (stream: StreamView) => Value | undefined,
): FetchRow {
  return { args: [], needs: "internal", section: SECTION, ...base, make: () => read };
}

/** Wall milliseconds of a stream in a unit. */
function instant(name: string, doc: string, read: (stream: StreamView) => number): FetchRow {
  return {
    name,
    args: [UNIT],
    type: "sint",
    needs: "internal",
    doc: `${doc}, since 1970 in s (or ms, us)`,
    section: "7.3.2 (HAProxy 3.0)",
    make: ([unit]) => {
      const factor = unit === "us" ? 1000 : unit === "ms" ? 1 : 0.001;
      return (stream) => Math.floor(read(stream) * factor);
    },
  };
}

export const INTERNAL_FETCHES: readonly FetchRow[] = [
  {
    name: "date",
    args: [{ name: "offset", type: "int", optional: true }, UNIT],
    type: "sint",
    needs: "nothing",
    doc: "the current date since 1970 in s (or ms, us), plus an offset in the same unit",
    section: SECTION,
    make: ([offset, unit]) => {
      const plus = (offset ?? 0) as number;
      if (unit === "us") return (stream) => Math.floor(stream.process.wall() * 1000) + plus;
      if (unit === "ms") return (stream) => Math.floor(stream.process.wall()) + plus;
      return (stream) => Math.floor(stream.process.wall() / 1000) + plus;
    },
  },
  instant("accept_date", "when the connection was accepted", ({ session }) => session.acceptDate),
  instant(
    "request_date",
    "when the request's first byte came",
    (stream) => stream.request === undefined ? stream.session.acceptDate : stream.requestDate,
  ),
  {
    name: "date_us",
    args: [],
    type: "sint",
    needs: "nothing",
    doc: "the microseconds within the current second",
    section: SECTION,
    make: () => (stream) => Math.floor(stream.process.wall() * 1000) % 1_000_000,
  },
  {
    name: "env",
    args: [{ name: "name", type: "str" }],
    type: "str",
    needs: "nothing",
    doc: "an environment variable, as it was when the configuration was loaded",
    section: SECTION,
    make: ([name], lookup) => {
      const text = lookup.env?.(name as string);
      const value = text === undefined ? undefined : latin1OfText(text);
      return () => value;
    },
  },
  {
    name: "hostname",
    args: [],
    type: "str",
    needs: "nothing",
    doc: "the host's name",
    section: SECTION,
    make: () => (stream) => stream.process.hostname,
  },
  {
    name: "proc",
    args: [],
    type: "sint",
    needs: "nothing",
    doc: "the number of this process among those of `nbproc`, from 1",
    section: SECTION,
    make: () => ({ process }) => process.number ?? 1,
  },
  {
    name: "rand",
    args: [{
      name: "range",
      type: "int",
      optional: true,
      check: (v) => Number(v) >= 1 && Number(v) <= 2 ** 32 ? undefined : "1 to 4294967296",
    }],
    type: "sint",
    needs: "nothing",
    doc: "a random integer from 0 to range - 1 (2^32)",
    section: SECTION,
    make: ([range]) => {
      const size = (range ?? 2 ** 32) as number;
      return (stream) => Math.floor(stream.process.random() * size);
    },
  },
  {
    name: "uuid",
    args: [{
      name: "version",
      type: "int",
      optional: true,
      check: (v) => v === 4 ? undefined : "4",
    }],
    type: "str",
    needs: "nothing",
    doc: "a random UUID of version 4",
    section: SECTION,
    make: () => (stream) => uuid(stream.process.random),
  },
  {
    name: "stopping",
    args: [],
    type: "bool",
    needs: "internal",
    doc: "true while the process is stopping",
    section: SECTION,
    make: () => (stream) => stream.process.stopping,
  },
  row(
    { name: "nbproc", type: "sint", needs: "nothing", doc: "the number of processes (`nbproc`)" },
    ({ process }) => process.processes ?? 1,
  ),
  row(
    {
      name: "thread",
      type: "sint",
      doc: "the number of the thread that serves the stream, from 0",
    },
    (stream) => stream.process.thread ?? 0,
  ),
  row(
    { name: "pid", type: "sint", doc: "the number of the process" },
    (stream) => stream.process.pid,
  ),
  row(
    { name: "act_conn", type: "sint", doc: "client connections of the process" },
    (stream) => stream.process.actconn,
  ),
  row(
    {
      name: "unique-id",
      type: "str",
      needs: "client",
      section: "7.3.3",
      doc: "the stream's identifier, made by `unique-id-format` when it is first asked for",
    },
    uniqueIdOf,
  ),
  row(
    {
      name: "last_rule_file",
      type: "str",
      doc: "the file of the rule that ended a rule set last",
    },
    (stream) => stream.lastRule?.file,
  ),
  row(
    {
      name: "last_rule_line",
      type: "sint",
      doc: "the line of the rule that ended a rule set last",
    },
    (stream) => stream.lastRule?.line,
  ),
  row(
    {
      name: "prio_class",
      type: "sint",
      doc: "the class that `set-priority-class` gave the stream",
    },
    (stream) => stream.priorityClass ?? 0,
  ),
  row(
    { name: "prio_offset", type: "sint", doc: "what `set-priority-offset` gave the stream, in ms" },
    (stream) => stream.priorityOffset ?? 0,
  ),
  row(
    {
      name: "txn.conn_retries",
      type: "sint",
      needs: "server",
      doc: "attempts to connect that failed",
    },
    (stream) => stream.retries,
  ),
  row(
    {
      name: "txn.redispatched",
      type: "bool",
      needs: "server",
      doc: "true when the stream went to another server than it was meant for",
    },
    (stream) => stream.redispatched,
  ),
  row(
    {
      name: "txn.status",
      type: "sint",
      needs: "responseKept",
      doc: "the status that the client is told",
    },
    ({ status, response }) => status < 0 ? response?.status : status,
  ),
  row(
    {
      name: "server_status",
      type: "sint",
      needs: "responseKept",
      doc: "the status that the server answered with",
    },
    ({ responseAt, response }) => responseAt < 0 ? undefined : response?.received.status,
  ),
  row(
    {
      name: "txn.sess_term_state",
      type: "str",
      doc: "how the stream ended, as `%ts`: two characters (a tunnel or TCP), or four",
    },
    (stream) => stream.termination.slice(0, 2),
  ),
];
