/** Where a request comes in: which frontend, by which of its bind lines. */
import type { BindConfig, ListenAddress } from "../config/model.ts";
import type { Frontend } from "../proxy/frontend.ts";
import type { ReadyRequest } from "./request.ts";

export interface Entrance {
  readonly frontend: Frontend;
  readonly bind: BindConfig;
  readonly address: ListenAddress;
  /** the bind line speaks TLS */
  readonly tls: boolean;
}

export interface EntranceWish {
  /** the frontend's or listen's name */
  readonly frontend?: string;
  /** the address as `bind` has it, its port, or the bind line's name */
  readonly bind?: string;
}

/** `*:80`, a path, `abns@name`, `fd@3`. */
export function describeListen(address: ListenAddress): string {
  switch (address.type) {
    case "tcp": {
      const host = ["", "0.0.0.0"].includes(address.host) ? "*" : address.host;
      return `${host.includes(":") ? `[${host}]` : host}:${address.port}`;
    }
    case "unix":
      return address.path;
    case "abstract":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}

/** Every place at which the frontends can be reached. */
function entrancesOf(frontends: readonly Frontend[]): Entrance[] {
  return frontends.flatMap((frontend) =>
    frontend.config.binds.flatMap((bind) =>
      bind.addresses.map((address) => ({
        frontend,
        bind,
        address,
        tls: bind.tls?.ssl === true,
      }))
    )
  );
}

/** The entrance that fits the request and the wish best; a sentence when there is none, or nobody can tell. */
export function findEntrance(
  frontends: readonly Frontend[],
  request: ReadyRequest,
  wish: EntranceWish,
): Entrance | string {
  const named = wish.frontend === undefined
    ? frontends
    : frontends.filter(({ name }) => name === wish.frontend);
  if (named.length === 0) {
    return frontends.length === 0
      ? "the configuration has no frontend"
      : `there is no frontend '${wish.frontend}'; there ${list(frontends.map((f) => f.name))}`;
  }
  const all = entrancesOf(named);
  if (all.length === 0) return `frontend '${named[0].name}' has no 'bind'`;
  const wanted = wish.bind === undefined ? all : all.filter((each) => isNamed(each, wish.bind!));
  if (wanted.length === 0) {
    return `no 'bind' is '${wish.bind}'; there ${list(all.map(label))}`;
  }
  const fits = best(wanted, request);
  const owners = new Set(fits.map(({ frontend }) => frontend));
  if (owners.size === 1) return fits[0];
  const where = request.port === undefined ? "" : ` on port ${request.port}`;
  return `several frontends could take this request${where}: choose one by --frontend or --bind; ` +
    `there ${list(all.map(label))}`;
}

const list = (names: readonly string[]) =>
  `${names.length === 1 ? "is" : "are"} ${[...new Set(names)].join(", ")}`;

const label = ({ frontend, address }: Entrance) => `${frontend.name} (${describeListen(address)})`;

function isNamed({ bind, address }: Entrance, text: string): boolean {
  const shown = describeListen(address);
  return text === shown || text === bind.name || `*${text}` === shown ||
    (address.type === "tcp" && text.replace(/^:/, "") === String(address.port));
}

/** Those with the most that speaks for them: the port, then the address, TLS, the mode. */
function best(entrances: readonly Entrance[], request: ReadyRequest): Entrance[] {
  const score = ({ frontend, address, tls }: Entrance) => {
    let points = 0;
    if (address.type === "tcp") {
      if (request.port === address.port) points += 8;
      if (request.dst !== undefined && request.dst.host === address.host) points += 4;
    }
    if (request.scheme !== undefined && (request.scheme === "https") === tls) points += 2;
    if ((frontend.mode === "tcp") === request.plain) points += 1;
    return points;
  };
  const points = entrances.map(score);
  const most = Math.max(...points);
  return entrances.filter((_, i) => points[i] === most);
}
