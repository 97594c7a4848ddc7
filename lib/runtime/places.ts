/** From `bind` lines to places to listen at. */
import type { BindConfig, ListenAddress, ProxyConfig } from "../config/model.ts";
import type { ListenOptions, Place } from "../net/conn.ts";

export interface Listen {
  /** tells places apart: a reload keeps the socket of a place that stays */
  readonly key: string;
  readonly place: Place;
  readonly options: ListenOptions;
  readonly bind: BindConfig;
  /** the socket's number in its proxy: its `id`, else the next free one from its place in the proxy on */
  readonly number: number;
}

/** Connections that wait where no `maxconn` says how many; the system's own limit is lower (somaxconn). */
const BACKLOG = 65_535;
/** Behind a small `maxconn` connections shall wait in the kernel, and not have to be tried again a second later. */
const LEAST_BACKLOG = 1024;

/** Everything that `proxy` listens at; `maxconn`: the process's, when it has one. */
export function listensOf(proxy: ProxyConfig, maxconn = BACKLOG): Listen[] {
  const backlog = proxy.backlog ?? Math.max(proxy.maxconn ?? maxconn, LEAST_BACKLOG);
  const listens: Listen[] = [];
  const taken = new Set(proxy.binds.map(({ id }) => id));
  let next = 1;
  for (const bind of proxy.binds) {
    for (const address of bind.addresses) {
      const place = placeOf(address, bind);
      if (bind.id === undefined) { while (taken.has(next)) next++; }
      const number = bind.id ?? next;
      next++;
      listens.push({
        key: describePlace(place) +
          (bind.namespace === undefined ? "" : ` in namespace ${bind.namespace}`),
        place,
        options: {
          backlog: bind.backlog ?? backlog,
          mode: bind.mode,
          uid: bind.uid,
          gid: bind.gid,
          v6only: bind.v6only,
          keepAlive: proxy.options.clitcpka,
          interface: bind.interface,
          namespace: bind.namespace,
          tcpUt: bind.tcpUt,
          deferAccept: bind.deferAccept,
          noLinger: proxy.options.nolinger,
          transparent: bind.transparent,
          mss: bind.mss,
          fastOpen: bind.tfo,
          ...(proxy.options.clitcpka ? proxy.clientKeepAlive : undefined),
        },
        bind,
        number,
      });
    }
  }
  return listens;
}

/** The place of one address of a `bind` line. */
export function placeOf(address: ListenAddress, bind: BindConfig): Place {
  switch (address.type) {
    case "tcp": {
      const any = address.host === "*" || address.host === "";
      return {
        type: "tcp",
        host: any ? (bind.v4v6 ? "::" : "0.0.0.0") : address.host,
        port: address.port,
      };
    }
    case "unix":
      return { type: "unix", path: address.path };
    case "abstract":
      return { type: "unix", path: `@${address.name}` };
    case "fd":
      return { type: "fd", fd: address.fd };
  }
}

/** `0.0.0.0:80`, `[::]:80`, a path, `@name`, `fd@3`. */
export function describePlace(place: Place): string {
  switch (place.type) {
    case "tcp":
      return `${place.host.includes(":") ? `[${place.host}]` : place.host}:${place.port}`;
    case "unix":
      return place.path;
    case "fd":
      return `fd@${place.fd}`;
  }
}
