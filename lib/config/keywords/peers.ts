/** `peers` sections (manual 3.5): other instances that share stick tables. */
import type { Word } from "../document.ts";
import type { BindDraft, NamedServer } from "../draft.ts";
import type { PeersDraft } from "../draft_section.ts";
import { parseServerAddress } from "../addresses.ts";
import { type ArgType, integer, name, Refusal, text } from "./args.ts";
import { listenAddresses } from "./address_types.ts";
import { bindOptions } from "./bind.ts";
import { logTarget, targetArgs } from "./log.ts";
import { arityOf, type OptionTable, readOptions, rowOf } from "./option_table.ts";
import { serverOptions } from "./server.ts";
import { readStickTable, tableSettings } from "./stick.ts";
import { tlsServerSettings } from "./tls_server.ts";
import {
  type ApplyContext,
  globalKeyword,
  type KeywordRow,
  named,
  one,
  options,
  sectionKeyword,
  words,
} from "./types.ts";

/** What a peer's connection is made with. */
const TRANSPORT: ReadonlySet<string> = new Set([
  ...tlsServerSettings.map(({ name }) => name),
  "source",
]);
/** There is no balancing and no stickiness among peers (manual 3.5 `server`). */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  "weight",
  "cookie",
  "backup",
  "no-backup",
  "maxconn",
  "minconn",
  "maxqueue",
  "id",
  "non-stick",
  "slowstart",
  "fall",
  "rise",
  "inter",
  "fastinter",
  "downinter",
]);
/** What would change who speaks on a listener, or how. */
const NOT_ON_BIND: ReadonlySet<string> = new Set([
  "accept-proxy",
  "accept-netscaler-cip",
  "proto",
  "process",
  "thread",
]);

/** The settings of a line that hold for peers; the others are told of. */
function settingsFor(
  table: OptionTable,
  settings: readonly Word[],
  where: string,
  { diagnostics }: ApplyContext,
  judge: (name: string) => "takes" | "ignores" | "refuses",
  allowed: string,
): Word[] {
  const kept: Word[] = [];
  for (let i = 0; i < settings.length;) {
    const word = settings[i];
    const { row } = rowOf(table, word.text);
    const size = 1 + (row === undefined ? 0 : arityOf(row));
    const judged = row === undefined ? "takes" : judge(row.name);
    if (judged === "takes") kept.push(...settings.slice(i, i + size));
    else if (judged === "ignores") {
      diagnostics.warning(word.span, `${where}: '${word.text}' has no effect on a peer`);
    } else {
      diagnostics.alert(word.span, `${where}: '${word.text}' cannot be set for peers`, {
        allowed,
      });
    }
    i += size;
  }
  return kept;
}

const ON_SERVER = "the settings of TLS, and 'source'";
const ON_BIND = "the settings of TLS and of the socket";
const onServer = (name: string) =>
  TRANSPORT.has(name) ? "takes" : WITHOUT_EFFECT.has(name) ? "ignores" : "refuses";
const onBind = (name: string) => NOT_ON_BIND.has(name) ? "refuses" : "takes";

const peerName: ArgType<string> = name("<peername>");

/** `peer NAME [ADDRESS] [settings]`: without an address it is this instance, and `bind` lines say where it listens. */
function addPeer(section: PeersDraft, name: string, rest: readonly Word[], context: ApplyContext) {
  const { diagnostics, statement, words } = context;
  const where = `peer ${section.name}/${name}`;
  const first = rest[0];
  let address: NamedServer["address"] | undefined;
  let settings = rest;
  if (first !== undefined && rowOf(serverOptions, first.text).row === undefined) {
    settings = rest.slice(1);
    const parsed = parseServerAddress(first.text);
    if (parsed instanceof Refusal) {
      diagnostics.alert(first.span, `${where}: ${parsed.message}`, { allowed: parsed.allowed });
      return;
    }
    if (parsed.type === "tcp" && (parsed.port === undefined || parsed.port === 0)) {
      diagnostics.alert(first.span, `${where}: '${first.text}' needs a port`, {
        allowed: "an address with a port: '10.0.0.1:1024'",
      });
      return;
    }
    address = parsed;
  }
  if (section.servers.some((other) => other.name === name)) {
    diagnostics.alert(words[0].span, `there is another peer '${name}' in this section`);
    return;
  }
  const server: NamedServer = {
    ...section.defaultServer,
    name,
    address: address ?? { type: "tcp", host: "0.0.0.0" },
    span: statement.span,
    nameWord: words[0],
    addressWord: address === undefined ? words[0] : first,
  };
  const kept = settingsFor(serverOptions, settings, where, context, onServer, ON_SERVER);
  readOptions(serverOptions, kept, server, where, "server", context);
  section.servers.push(server);
  if (address !== undefined) section.addressed.add(name);
}

const peerRow = (keyword: "peer" | "server", summary: string): KeywordRow =>
  sectionKeyword("peers", {
    name: keyword,
    args: { name: one(peerName), rest: words("[<address>:<port>] [<setting>...]", 0) },
    repeatable: true,
    summary,
    manual: "3.5",
    apply(section, { name, rest }, context) {
      addPeer(section, name, rest, context);
    },
  });

function readBind(
  draft: Partial<BindDraft>,
  settings: readonly Word[],
  where: string,
  context: ApplyContext,
): void {
  const kept = settingsFor(bindOptions, settings, where, context, onBind, ON_BIND);
  readOptions(bindOptions, kept, draft as BindDraft, where, "bind", context);
}

export const peersRows: readonly KeywordRow[] = [
  peerRow(
    "peer",
    "An instance that shares the section's tables; the one named as this one is local",
  ),
  peerRow(
    "server",
    "The same; without an address it is this instance, which 'bind' lines listen for",
  ),
  sectionKeyword("peers", {
    name: "bind",
    args: { addresses: one(listenAddresses), settings: options(() => bindOptions) },
    repeatable: true,
    summary: "Where this instance listens for the others",
    manual: "3.5",
    apply(section, { addresses, settings }, context) {
      const bind: BindDraft = {
        ...section.defaultBind,
        addresses,
        v4v6: section.defaultBind.v4v6 ?? false,
        v6only: section.defaultBind.v6only ?? false,
        deferAccept: false,
        span: context.statement.span,
      };
      readBind(bind, settings, `bind ${context.words[0].text}`, context);
      section.binds.push(bind);
    },
  }),
  sectionKeyword("peers", {
    name: "default-bind",
    args: { settings: options(() => bindOptions) },
    repeatable: true,
    summary: "Settings of the socket that this instance listens at",
    manual: "3.5",
    apply(section, { settings }, context) {
      readBind(section.defaultBind, settings, "default-bind", context);
    },
  }),
  sectionKeyword("peers", {
    name: "default-server",
    args: { settings: options(() => serverOptions) },
    repeatable: true,
    summary: "Settings of the peers that follow",
    manual: "3.5",
    apply(section, { settings }, context) {
      const where = "default-server";
      const kept = settingsFor(serverOptions, settings, where, context, onServer, ON_SERVER);
      readOptions(serverOptions, kept, section.defaultServer, where, where, context);
    },
  }),
  sectionKeyword("peers", {
    name: "table",
    args: {
      name: one(name("<tablename>")),
      settings: named(tableSettings),
    },
    repeatable: true,
    summary: "A stick table of the section, known elsewhere as 'SECTION/NAME'",
    manual: "3.5",
    apply(section, { name, settings }, context) {
      const { diagnostics, words } = context;
      if (section.tables.some((other) => other.name === name)) {
        diagnostics.alert(words[0].span, `there is another table '${name}' in this section`);
        return;
      }
      if (settings.peers !== undefined) {
        diagnostics.alert(
          words.find(({ text }) => text === "peers")!.span,
          "'table': the table is shared with the peers of its own section",
          { allowed: "nothing: leave 'peers' out" },
        );
        return;
      }
      const table = readStickTable("table", settings, context);
      if (table !== undefined) {
        section.tables.push({ name, table: { ...table, peers: section.name } });
      }
    },
  }),
  sectionKeyword("peers", {
    name: "disabled",
    args: {},
    summary: "Shares nothing with anybody: the tables stay",
    manual: "3.5",
    apply(section) {
      section.disabled = true;
    },
  }),
  sectionKeyword("peers", {
    name: "enabled",
    args: {},
    summary: "Takes back a 'disabled'",
    manual: "3.5",
    apply(section) {
      section.disabled = false;
    },
  }),
  sectionKeyword("peers", {
    name: "log global",
    args: {},
    summary: "Logs what happens with peers to the targets of the global section",
    manual: "3.5",
    apply(section) {
      if (!section.logs.includes("global")) section.logs.push("global");
    },
  }),
  sectionKeyword("peers", {
    name: "log",
    args: targetArgs,
    repeatable: true,
    summary: "Logs what happens with peers to this target",
    manual: "3.5",
    apply(section, values, context) {
      section.logs.push(logTarget(values, context));
    },
  }),
  globalKeyword({
    name: "localpeer",
    args: { name: one(text("<name>", "the name of this instance among peers")) },
    summary:
      "Name of this instance among peers, unless '-L' says another; the machine's without it",
    manual: "3.1",
    apply(global, { name }) {
      global.localPeer = name;
    },
  }),
  globalKeyword({
    name: "tune.peers.max-updates-at-once",
    args: { number: one(integer(1, 100_000)) },
    summary: "Updates that are sent to a peer at once (200)",
    manual: "3.2",
    apply(global, { number }) {
      global.tune.peersMaxUpdates = number;
    },
  }),
];
