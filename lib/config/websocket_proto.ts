/** What WebSocket streams are sent to a server by (manual 5.2 `ws`). */
import type { ServerConfig } from "./model.ts";
import type { HttpProto } from "./model_h2.ts";

/**
 * The protocol of WebSocket streams where it is, or may be, another than that of the server's other requests: they have
 * connections of their own then. Undefined: they go as the others do.
 *
 * With `auto`, ALPN decides: a server that is offered both is asked for HTTP/1.1, which every server of WebSocket
 * speaks. `proto` outweighs ALPN.
 */
export function websocketsApart(
  { ws = "auto", proto, tls }: Pick<ServerConfig, "ws" | "proto" | "tls">,
): HttpProto | undefined {
  const alpn = tls?.ssl === true ? tls.alpn ?? [] : [];
  const alpnH2 = alpn.includes("h2");
  switch (ws) {
    case "auto":
      return proto !== "h2" && alpnH2 && alpn.includes("http/1.1") ? "h1" : undefined;
    case "h1":
      return proto === "h2" || alpnH2 ? "h1" : undefined;
    case "h2":
      return proto === "h2" || (alpnH2 && alpn.length === 1) ? undefined : "h2";
  }
}

/** The protocol's name in TLS (RFC 7301). */
export function alpnOf(proto: HttpProto): string {
  return proto === "h2" ? "h2" : "http/1.1";
}
