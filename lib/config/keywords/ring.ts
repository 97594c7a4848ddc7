/** `ring` sections (manual 3.9): log lines that `show events` shows, and servers that get them. */
import { parseServerAddress } from "../addresses.ts";
import { newServerDraft } from "../draft.ts";
import { type ArgType, integer, name, oneOf, Refusal, size, text, time } from "./args.ts";
import { group } from "./group.ts";
import { FORMATS } from "./log.ts";
import { arityOf, readOptions, rowOf } from "./option_table.ts";
import { serverOptions } from "./server.ts";
import { type KeywordRow, one, options, rest1, sectionKeyword } from "./types.ts";

const logServerAddress: ArgType<{ host: string; port: number }> = {
  label: "<address>:<port>",
  describe: "the address and port of a syslog server over TCP: '10.0.0.1:514'",
  schema: { type: "string" },
  parse({ text }) {
    const address = parseServerAddress(text);
    if (address instanceof Refusal) return address;
    if (address.type !== "tcp" || address.datagrams || address.port === undefined) {
      return new Refusal(`'${text}' is no address of TCP with a port`, logServerAddress.describe);
    }
    return { host: address.host, port: address.port };
  },
};

/** bytes */
const LARGEST = 256 * 1024 * 1024;

export const ringRows: readonly KeywordRow[] = [
  sectionKeyword("ring", {
    name: "description",
    args: { text: rest1(text("<text>")) },
    summary: "What 'show events' says of the ring; its name when it is not set",
    manual: "3.9",
    apply(ring, { text }) {
      ring.description = text.join(" ");
    },
  }),
  sectionKeyword("ring", {
    name: "format",
    args: { format: one(oneOf(...FORMATS)) },
    summary: "Format of the messages, whatever a 'log' line says; 'raw' when it is not set",
    manual: "3.9",
    apply(ring, { format }) {
      ring.format = format;
    },
  }),
  sectionKeyword("ring", {
    name: "maxlen",
    args: { length: one(integer(1, 65535, "<length>")) },
    summary: "Longest message in bytes; longer ones are cut",
    manual: "3.9",
    apply(ring, { length }) {
      ring.maxlen = length;
    },
  }),
  sectionKeyword("ring", {
    name: "size",
    args: { size: one(size(1024, LARGEST)) },
    summary: "Bytes of the ring, and of each server's queue; 16384 when it is not set",
    manual: "3.9",
    apply(ring, { size }) {
      ring.size = size;
    },
  }),
  ...(["connect", "server"] as const).map((what) =>
    sectionKeyword("ring", {
      name: `timeout ${what}`,
      args: { time: one(time()) },
      summary: what === "connect"
        ? "How long a connection to a server may take to be made"
        : "How long a server may take no data",
      manual: "3.9",
      apply(ring, { time }) {
        const value = time === 0 ? undefined : time;
        if (what === "connect") ring.connectTimeout = value;
        else ring.sendTimeout = value;
      },
    })
  ),
  sectionKeyword("ring", {
    name: "server",
    args: {
      name: one(name()),
      address: one(logServerAddress),
      settings: options(() => serverOptions),
    },
    repeatable: true,
    summary: "A syslog server that gets every message over TCP; 'log-proto' says how it is framed",
    manual: "3.9",
    apply(ring, { name, address, settings }, context) {
      const { diagnostics, statement, words } = context;
      const where = `server ${ring.name}/${name}`;
      const twin = ring.servers.find((other) => other.name === name);
      if (twin !== undefined) {
        diagnostics.alert(words[0].span, `${where}: there is another server of this name`, {
          related: { span: twin.span, message: "it is here" },
        });
      }
      const draft = newServerDraft();
      readOptions(serverOptions, settings, draft, where, "server", context);
      for (let i = 0; i < settings.length;) {
        const word = settings[i];
        const { row } = rowOf(serverOptions, word.text);
        if (row?.status === "supported" && row.name !== "log-proto") {
          diagnostics.alert(word.span, `${where}: '${row.name}' is not possible in a ring`, {
            allowed: "'log-proto'; for TLS and checks name a 'listen' of this proxy as the server",
          });
        }
        i += 1 + (row === undefined ? 0 : arityOf(row));
      }
      ring.servers.push({
        name,
        span: statement.span,
        transport: { type: "tcp", ...address, octetCount: draft.logProto === "octet-count" },
      });
    },
  }),
  ...group({
    status: "unsupported",
    reason: "'show events' shows what the ring has, and a server or a 'log' line keeps it",
    manual: "3.9",
    sections: ["ring"],
    names: { "backing-file": "File behind the buffer" },
  }),
];
