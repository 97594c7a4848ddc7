/** The statistics page (manual 4.2 `stats`): its pieces in the order in which they are sent. */
import { serverActions } from "../../lib/runtime/server_actions.ts";
import type { StatsConfig } from "../../lib/config/model_stats.ts";
import { CODES, type StatsCode } from "./admin.ts";
import type { ProxyRows, StatsView } from "./view.ts";
import { Legend } from "./parts.tsx";
import { suffixOf } from "./request.ts";
import { TableHead, TableRow } from "./row.tsx";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** Rows up to which each has its lines; beyond that only frontends and backends would pay for them. */
const MOST_SPARKS = 300;

function Head({ view }: { view: StatsView }) {
  const { refresh } = view.config;
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width,initial-scale=1" />
      <title>{view.title}</title>
      <link rel="icon" href="data:," />
      {refresh === undefined || view.request.noRefresh ? "" : (
        <noscript>
          <meta http-equiv="refresh" content={String(refresh)} />
        </noscript>
      )}
      <style dangerouslySetInnerHTML={{ __html: STYLE }} />
    </head>
  );
}

function Facts({ view }: { view: StatsView }) {
  return (
    <dl class="facts">
      {view.facts.map(({ label, value }, i) => (
        <div>
          <dt>{label}</dt>
          <dd id={`fact${i}`}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Note({ code }: { code: string }) {
  const { good, text } = CODES[code as StatsCode] ?? CODES.UNKN;
  return <p class={`note ${good ? "good" : "bad"}`} role="status">{text}</p>;
}

function Tools({ view }: { view: StatsView }) {
  const { request, config } = view;
  return (
    <div class="tools">
      <input
        type="search"
        id="search"
        placeholder="Search: name, state, check"
        aria-label="search"
        hidden
      />
      <form method="get" class="nojs">
        <input name="scope" value={request.scope} size={8} maxlength={20} placeholder="Scope" />
        <input type="submit" value="Show" />
      </form>
      <button type="button" id="pause" hidden>Pause</button>
      <button type="button" id="theme" title="dark or light" hidden>Theme</button>
      <small id="state">{stateWords(config, request.noRefresh)}</small>
    </div>
  );
}

function stateWords({ refresh }: StatsConfig, noRefresh: boolean): string {
  return refresh === undefined || noRefresh ? "" : `refreshes every ${refresh} s`;
}

function Links({ view }: { view: StatsView }) {
  const { request, config } = view;
  const to = (change: Partial<typeof request>, form = "") =>
    config.uri + form + suffixOf({ ...request, ...change });
  return (
    <nav class="links">
      <a href={to({ onlyUp: !request.onlyUp })}>
        {request.onlyUp ? "Show servers that are down" : "Hide servers that are down"}
      </a>
      <a href={to({ noRefresh: !request.noRefresh })}>
        {request.noRefresh ? "Refresh" : "Do not refresh"}
      </a>
      <a href={to({})}>Load now</a>
      {request.scope === "" ? "" : <a href={to({ scope: "" })}>All proxies</a>}
      <a href={to({ noRefresh: true }, ";csv")}>CSV</a>
      <a href={to({ noRefresh: true }, ";json")}>JSON</a>
      <a href={`${config.uri};json-schema`}>schema</a>
    </nav>
  );
}

function Apply({ id, token }: { id: number; token: string }) {
  return (
    <div class="apply">
      <span>With the chosen servers:</span>
      <select name="action" aria-label="action">
        <option value="" />
        {serverActions.map(({ name, label }) => <option value={name}>{label}</option>)}
      </select>
      <input type="number" name="w" min={0} max={256} placeholder="weight" aria-label="weight" />
      <input type="hidden" name="b" value={`#${id}`} />
      <input type="hidden" name="token" value={token} />
      <input type="submit" value="Apply" />
    </div>
  );
}

/** Start tags and end tags that stand in different pieces are written by hand. */
function* proxyPieces(proxy: ProxyRows, view: StatsView, sparks: boolean): Iterable<string> {
  const { admin } = view;
  const form = admin && proxy.hasServers;
  const { config, request } = view;
  yield String(
    <div class="head">
      <h3>
        <a id={proxy.name} href={`#${proxy.name}`}>{proxy.name}</a>
      </h3>
      <span class="meta">{proxy.meta}</span>
    </div>,
  ).replace(/^/, `<section data-proxy="${attribute(proxy.name)}">`);
  if (form) {
    yield `<form method="post" action="${attribute(config.uri + suffixOf(request))}">`;
  }
  yield `<div class="scroll"><table class="stats">` +
    String(<TableHead admin={admin} choice={form} sparks={sparks} />) + "<tbody>";
  for (const row of proxy.rows()) {
    const link = `${config.uri};row=${encodeURIComponent(row.key)}`;
    yield String(
      <TableRow
        row={row}
        admin={admin}
        sparks={sparks}
        link={link}
        legend={config.showLegends ? view.legendOf(row.subject) : ""}
      />,
    );
  }
  yield "</tbody></table></div>";
  if (form) yield String(<Apply id={proxy.id} token={view.token} />) + "</form>";
  yield "</section>";
}

/** For the few start tags that are written by hand. */
function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The whole page in pieces, each made when it is asked for. */
export function* pagePieces(view: StatsView): Iterable<string> {
  const { request, config } = view;
  const sparks = view.rowCount <= MOST_SPARKS;
  yield '<!DOCTYPE html>\n<html lang="en">' + String(<Head view={view} />) + "<body>";
  yield String(
    <header>
      <div class="top">
        <div>
          <h1>
            sluice {config.hideVersion ? "" : <small>version {view.version}</small>}
          </h1>
          <h2>{view.heading}</h2>
        </div>
        <Tools view={view} />
      </div>
      {request.code === undefined ? "" : <Note code={request.code} />}
      <Facts view={view} />
      <Links view={view} />
      <Legend />
    </header>,
  );
  const live = `${config.uri};live${suffixOf(request)}`;
  yield `<main id="live" data-every="${view.every}" data-url="${attribute(live)}">`;
  let shown = 0;
  for (const proxy of view.proxies()) {
    shown++;
    yield* proxyPieces(proxy, view, sparks);
  }
  if (shown === 0) yield String(<p class="note bad">No proxy matches.</p>);
  yield "</main>" + String(
    <footer>
      <p>
        {view.admin ? "Servers may be changed here." : "This page only shows."}{" "}
        Columns and what they count: hold the pointer over their heads; click a name for all its
        fields.
      </p>
    </footer>,
  );
  yield `<script>${SCRIPT}</script></body></html>\n`;
}
