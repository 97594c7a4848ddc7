/** Proxies (manual 4.2): what `frontend`, `listen`, `backend` and `defaults` sections say. */
import { parseServerAddress } from "../addresses.ts";
import type { Word } from "../document.ts";
import type { BindDraft, NamedServer, ProxyDraft } from "../draft.ts";
import type { ServerAddress } from "../model.ts";
import { type ArgType, COUNT, headerName, integer, name, oneOf, text, word } from "./args.ts";
import { listenAddresses } from "./address_types.ts";
import { bindOptions } from "./bind.ts";
import { keepAliveRows } from "./keep_alive.ts";
import { readOptions } from "./option_table.ts";
import { serverOptions, sourceAddress, useSource } from "./server.ts";
import {
  type ApplyContext,
  type KeywordRow,
  named,
  one,
  options,
  proxyKeyword,
  rest1,
  type SectionKind,
  words,
} from "./types.ts";

const FRONT: readonly SectionKind[] = ["defaults", "frontend", "listen"];
const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];
const REAL: readonly SectionKind[] = ["frontend", "listen", "backend"];

const serverAddress: ArgType<ServerAddress> = {
  label: "<address>",
  describe: "an address such as '10.0.0.1:80', 'web1.example:80', '[::1]:80' or '/run/app.sock'",
  schema: { type: "string" },
  parse: ({ text }) => parseServerAddress(text),
};

export const proxyRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "mode",
    sections: ALL,
    args: { mode: one(oneOf("http", "tcp", "udp", "log")) },
    summary:
      "What the proxy speaks: HTTP, any protocol over TCP (the default), UDP (sluice's own), or syslog to its servers (HAProxy 3.0, backends only)",
    manual: "4.2",
    apply(proxy, { mode }, { words }) {
      proxy.mode = mode;
      proxy.modeWord = words[0];
    },
  }),
  ...keepAliveRows,
  proxyKeyword({
    name: "bind",
    sections: ["frontend", "listen", "log-forward"],
    args: { addresses: one(listenAddresses), settings: options(() => bindOptions) },
    repeatable: true,
    summary: "Listens on addresses and ports",
    manual: "4.2",
    apply(proxy, { addresses, settings }, context) {
      const { diagnostics, statement, words } = context;
      const bind: BindDraft = {
        addresses,
        v4v6: false,
        v6only: false,
        deferAccept: false,
        span: statement.span,
      };
      const where = `bind ${words[0].text}`;
      readOptions(bindOptions, settings, bind, where, "bind", context);
      const idAt = settings.find((w) => w.text === "id") ?? words[0];
      if (bind.id !== undefined) {
        if (addresses.length > 1) {
          diagnostics.alert(idAt.span, `${where}: 'id' needs a line with one address and one port`);
        }
        const other = proxy.binds.find((b) => b.id === bind.id);
        if (other !== undefined) {
          diagnostics.alert(idAt.span, `${where}: the id ${bind.id} is taken`, {
            related: { span: other.span, message: "it is used here" },
          });
        }
      }
      proxy.binds.push(bind);
    },
  }),
  proxyKeyword({
    name: "server",
    sections: ["listen", "backend"],
    strict: true,
    args: {
      name: one(name()),
      address: one(serverAddress),
      settings: options(() => serverOptions),
    },
    repeatable: true,
    summary: "A server that requests or connections are sent to",
    manual: "4.2",
    apply(proxy, { name, address, settings }, context) {
      const { statement, words } = context;
      const server: NamedServer = {
        ...proxy.defaultServer,
        name,
        address,
        span: statement.span,
        nameWord: words[0],
        addressWord: words[1],
      };
      const where = `server ${proxy.name}/${name}`;
      readOptions(serverOptions, settings, server, where, "server", context);
      addServer(proxy, server, settings, context);
    },
  }),
  proxyKeyword({
    name: "default-server",
    sections: BACK,
    strict: true,
    args: { settings: options(() => serverOptions) },
    repeatable: true,
    summary: "Settings for the servers that follow",
    manual: "4.2",
    apply(proxy, { settings }, context) {
      const draft = proxy.defaultServer;
      readOptions(serverOptions, settings, draft, "default-server", "default-server", context);
    },
  }),
  proxyKeyword({
    name: "source",
    sections: BACK,
    args: {
      address: one(sourceAddress),
      settings: named({ usesrc: useSource, interface: text("<interface>") }),
    },
    summary: "Address that connections to servers leave from, unless a server says another",
    manual: "4.2",
    apply(proxy, { address, settings }) {
      proxy.source = { ...address, ...settings };
      const { host, port } = address;
      const any = host === "0.0.0.0" && port === undefined;
      if (any && Object.keys(settings).length === 0) proxy.source = undefined;
    },
  }),
  proxyKeyword({
    name: "maxconn",
    sections: [...FRONT, "log-forward"],
    args: { number: one(integer(0, COUNT)) },
    summary: "Connections at the same time in this frontend; 0: the process's limit",
    manual: "4.2",
    apply(proxy, { number }) {
      proxy.maxconn = number === 0 ? undefined : number;
    },
  }),
  proxyKeyword({
    name: "max-keep-alive-queue",
    sections: BACK,
    args: { number: one(integer(-1, COUNT)) },
    summary:
      "Streams in the queue of a client's last server up to which it is kept ('option prefer-last-server'); -1: any number",
    manual: "4.2",
    apply(proxy, { number }) {
      proxy.maxKeepAliveQueue = number;
    },
  }),
  proxyKeyword({
    name: "max-session-srv-conns",
    sections: FRONT,
    args: { number: one(integer(0, COUNT)) },
    summary: "Idle server connections that one client's session may own ('http-reuse never'); 5",
    manual: "4.2",
    apply(proxy, { number }) {
      proxy.maxSessionSrvConns = number;
    },
  }),
  proxyKeyword({
    name: "backlog",
    sections: [...FRONT, "log-forward"],
    args: { number: one(integer(0, COUNT)) },
    summary: "Connections the system may hold before they are accepted",
    manual: "4.2",
    apply(proxy, { number }) {
      proxy.backlog = number === 0 ? undefined : number;
    },
  }),
  proxyKeyword({
    name: "rate-limit sessions",
    sections: FRONT,
    args: { rate: one(integer(0, COUNT, "<rate>")) },
    summary: "New sessions in a second; others wait in the system's backlog. 0: no limit",
    manual: "4.2",
    apply(proxy, { rate }) {
      proxy.sessionRate = rate === 0 ? undefined : rate;
    },
  }),
  proxyKeyword({
    name: "fullconn",
    sections: BACK,
    args: { number: one(integer(1, COUNT)) },
    summary: "Number of connections at which servers with 'minconn' reach their 'maxconn'",
    manual: "4.2",
    apply(proxy, { number }) {
      proxy.fullconn = number;
    },
  }),
  proxyKeyword({
    name: "retries",
    sections: BACK,
    args: { number: one(integer(0, COUNT)) },
    summary: "How often a failed connection to a server is tried again",
    manual: "4.2",
    apply(proxy, { number }) {
      proxy.retries = number;
    },
  }),
  proxyKeyword({
    name: "http-reuse",
    sections: BACK,
    args: { mode: one(oneOf("never", "safe", "aggressive", "always")) },
    summary: "Whether idle connections to servers serve requests of other clients",
    manual: "4.2",
    apply(proxy, { mode }) {
      proxy.httpReuse = mode;
    },
  }),
  proxyKeyword({
    name: "default_backend",
    sections: FRONT,
    args: { name: one(word("<backend>", "the name of a backend or listen section")) },
    summary: "The backend for what no 'use_backend' line takes",
    manual: "4.2",
    apply(proxy, { name }) {
      proxy.defaultBackend = name;
    },
  }),
  proxyKeyword({
    name: "monitor-uri",
    sections: FRONT,
    args: { uri: one(text("<uri>", "the exact URI of the requests that are answered")) },
    summary: "Answers requests for this URI with 200 itself, without logging",
    manual: "4.2",
    apply(proxy, { uri }) {
      proxy.monitorUri = uri;
    },
  }),
  proxyKeyword({
    name: "monitor fail",
    sections: ["frontend", "listen"],
    args: { condition: words("{ if | unless } <condition>") },
    repeatable: true,
    summary: "When 'monitor-uri' is answered with 503 instead of 200",
    manual: "4.2",
    apply(proxy, { condition }, { diagnostics, statement }) {
      const [first] = condition;
      if (first.text === "if" || first.text === "unless") {
        proxy.monitorFails.push({ words: condition, span: statement.span });
      } else {
        diagnostics.alert(first.span, `'${first.text}' is no condition`, {
          allowed: "'if' or 'unless' and a condition",
        });
      }
    },
  }),
  proxyKeyword({
    name: "unique-id-header",
    sections: FRONT,
    args: { name: one(headerName) },
    summary: "Sends the identifier of 'unique-id-format' to the server in this field",
    manual: "4.2",
    apply(proxy, { name }) {
      proxy.uniqueIdHeader = name;
    },
  }),
  proxyKeyword({
    name: "http-send-name-header",
    sections: ["defaults", "listen", "backend"],
    args: { name: one(headerName) },
    summary: "Tells each server its name in this field of the request",
    manual: "4.2",
    apply(proxy, { name }) {
      proxy.sendNameHeader = name;
    },
  }),
  proxyKeyword({
    name: "description",
    sections: REAL,
    args: { text: rest1(text("<text>")) },
    summary: "Describes the proxy",
    manual: "4.2",
    apply(proxy, { text }) {
      proxy.description = text.join(" ");
    },
  }),
  proxyKeyword({
    name: "disabled",
    sections: ALL,
    args: {},
    summary: "Does not start the proxy",
    manual: "4.2",
    apply(proxy) {
      proxy.disabled = true;
    },
  }),
  proxyKeyword({
    name: "enabled",
    sections: ALL,
    args: {},
    summary: "Takes back a 'disabled' of the defaults section",
    manual: "4.2",
    apply(proxy) {
      proxy.disabled = false;
    },
  }),
  proxyKeyword({
    name: "id",
    sections: REAL,
    args: { number: one(integer(1, COUNT)) },
    summary: "Number of the proxy in statistics",
    manual: "4.2",
    apply(proxy, { number }) {
      proxy.id = number;
    },
  }),
];

/** Puts a server behind the others; false, after an alert, when its name or id is taken. */
export function addServer(
  proxy: ProxyDraft,
  server: NamedServer,
  settings: readonly Word[],
  { diagnostics }: Pick<ApplyContext, "diagnostics">,
): boolean {
  const { id, name, nameWord } = server;
  const where = `server ${proxy.name}/${name}`;
  const twin = proxy.serversByName.get(name);
  if (twin !== undefined) {
    diagnostics.alert(nameWord.span, `${where}: there is another server of this name`, {
      related: { span: twin.nameWord.span, message: "it is here" },
    });
  }
  const idTwin = id === undefined ? undefined : proxy.serversById.get(id);
  if (idTwin !== undefined) {
    const idAt = settings.find((w) => w.text === "id") ?? nameWord;
    diagnostics.alert(idAt.span, `${where}: the id ${id} is taken`, {
      related: { span: idTwin.span, message: `server '${idTwin.name}' has it` },
    });
  }
  proxy.servers.push(server);
  proxy.serversByName.set(name, server);
  if (id !== undefined) proxy.serversById.set(id, server);
  return twin === undefined && idTwin === undefined;
}
