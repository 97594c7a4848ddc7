/** `show sess`, `shutdown session`, `show errors` (management manual 9.3). */
import { formatAddress } from "../../../net/address.ts";
import type { Session } from "../../../proxy/acceptor.ts";
import type { Stream } from "../../../proxy/stream.ts";
import type { CommandContext, CommandRow, RuntimeHost } from "../command.ts";
import { formatCapture } from "../capture_text.ts";
import { instantText } from "../instant_text.ts";

const section = "9.3";

/** A stream's number as HAProxy writes its address: what `shutdown session` takes. */
function pointer(stream: Stream): string {
  return `0x${stream.streamId.toString(16).padStart(12, "0")}`;
}

interface Served {
  readonly session: Session;
  readonly stream: Stream;
}

/** Oldest first. */
function* served(host: RuntimeHost): Iterable<Served> {
  for (const session of host.acceptor.sessions) {
    const stream = "stream" in session ? session.stream : undefined;
    if (stream !== undefined) yield { session: session as Session, stream };
  }
}

/** The thread that serves the stream of this number: see `nextStreamId`. */
function threadOf(text: string, host: RuntimeHost): number | undefined {
  const id = /^0x[0-9a-f]{1,13}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
  return id === undefined ? undefined : id % host.state.threads;
}

function find(host: RuntimeHost, text: string): Served | undefined {
  const id = /^0x[0-9a-f]{1,13}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
  for (const each of served(host)) if (each.stream.streamId === id) return each;
  return undefined;
}

function protocol({ session }: Served): string {
  const { family } = (session as Session & { remote: { family: number | string } }).remote;
  return family === "unix" ? "unix_stream" : family === 6 ? "tcpv6" : "tcpv4";
}

function ageOf({ stream }: Served, now: number): string {
  return duration(Math.max(0, Math.floor((now - stream.acceptAt) / 1000)));
}

/** `3s`, `2m5s`, `1h2m`, `1d2h`. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h${Math.floor(seconds % 3600 / 60)}m`;
  return `${Math.floor(seconds / 86400)}d${Math.floor(seconds % 86400 / 3600)}h`;
}

function line(each: Served, now: number): string {
  const { session, stream } = each;
  const server = stream.server?.name ?? stream.applet ?? "<none>";
  return `${pointer(stream)}: proto=${protocol(each)} src=${formatAddress(session.remote)} ` +
    `fe=${stream.frontend.name} be=${stream.backend?.name ?? "<NONE>"} srv=${server} ` +
    `age=${ageOf(each, now)} calls=${session.requestCount} ` +
    `rq[i=${stream.bytesIn}] rp[i=${stream.bytesOut}] exp=\n`;
}

function details(each: Served, now: number): string {
  const { session, stream } = each;
  const { frontend, backend, lastServer } = stream;
  const accepted = instantText(session.acceptDate, true);
  let text = `${pointer(stream)}: [${accepted}] id=${stream.streamId} proto=${protocol(each)} ` +
    `source=${formatAddress(session.remote)}\n`;
  text += `  flags=0x0, conn_retries=${stream.retries}, waiting=${stream.onGiveUp ? 1 : 0}\n`;
  text += `  frontend=${frontend.name} (id=${frontend.id} mode=${frontend.mode}), ` +
    `listener=${session.listenerName ?? "?"} (id=${session.listenerId}) ` +
    `addr=${formatAddress(session.local)}\n`;
  const local = stream.serverLocal === undefined
    ? ""
    : ` addr=${formatAddress(stream.serverLocal)}`;
  text += backend === undefined
    ? "  backend=<NONE> (id=-1 mode=-)\n"
    : `  backend=${backend.name} (id=${backend.id} mode=${backend.mode})${local}\n`;
  text += lastServer === undefined
    ? `  server=${stream.applet ?? "<NONE>"} (id=-1)\n`
    : `  server=${lastServer.name} (id=${lastServer.id}) addr=${
      formatAddress(lastServer.address)
    }\n`;
  const request = stream.request;
  if (request !== undefined) {
    const target = request.target.slice(0, 256);
    text += `  request=${request.method} ${JSON.stringify(target)} status=${stream.status}\n`;
  }
  text += `  age=${ageOf(each, now)} state=${stateOf(stream)} term=${stream.termination}\n`;
  return text + `  req=(total=${stream.bytesIn})\n  res=(total=${stream.bytesOut})\n`;
}

/** How far it has come. */
function stateOf(stream: Stream): string {
  if (stream.responseAt >= 0) return "RESPONSE";
  if (stream.connectedAt >= 0) return "WAITS-FOR-SERVER";
  if (stream.queuedAt >= 0) return "CONNECTS";
  return stream.backend === undefined ? "REQUEST" : "QUEUED";
}

function* list(
  host: RuntimeHost,
  show: (each: Served, now: number) => string,
): Iterable<string> {
  // What is served may end while this is sent.
  for (const each of [...served(host)]) yield show(each, host.state.now());
}

function showSess([text]: readonly string[], { host }: CommandContext) {
  if (text === undefined) return list(host, line);
  if (text === "all") return list(host, details);
  const found = find(host, text);
  return found === undefined ? "Session not found.\n" : details(found, host.state.now());
}

export const sessionListCommands: readonly CommandRow[] = [
  {
    words: ["show", "sess"],
    args: "[<id>|all]",
    level: "operator",
    doc: "what is being served, or everything about one or all of them",
    section,
    scope: ([text], host) => text === undefined || text === "all" ? "join" : threadOf(text, host),
    run: showSess,
  },
  {
    words: ["shutdown", "session"],
    args: "[id]",
    level: "admin",
    doc: "end what is being served there",
    section,
    scope: ([text], host) => text === undefined ? undefined : threadOf(text, host),
    run([text], { host }) {
      if (text === undefined) return "Session pointer expected (use 'show sess').\n";
      const found = find(host, text);
      if (found === undefined) return "No such session (use 'show sess').\n";
      found.session.abort();
      return "";
    },
  },
  {
    words: ["show", "errors"],
    args: "[<px>] [request|response]",
    level: "operator",
    doc: "the last request and response of each proxy that were no HTTP",
    section,
    run(args, { host }) {
      const { generation, state } = host;
      const kind = args.find((word) => word === "request" || word === "response");
      const name = args.find((word) => word !== "request" && word !== "response" && word !== "-1");
      const proxy = generation.config.proxies.find(({ name: own, id }) =>
        own === name || String(id) === name
      );
      if (name !== undefined && proxy === undefined) return "No such proxy.\n";
      const { captures } = state;
      let text = `Total events captured on [${instantText(state.wall())}] : ${captures.total}\n`;
      for (const capture of captures.all()) {
        if (proxy !== undefined && capture.proxy !== proxy.name) continue;
        if (kind !== undefined && capture.kind !== kind) continue;
        text += formatCapture(capture);
      }
      return text;
    },
  },
];
