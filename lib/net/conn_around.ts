/** What a connection around another one has of it: addresses, the PROXY header it began with, the socket under it. */
import type { Address, Conn } from "./conn.ts";
import type { ProxyHeader } from "./proxy_protocol/header.ts";

export abstract class ConnAround {
  readonly inner: Conn;

  constructor(inner: Conn) {
    this.inner = inner;
  }

  get local(): Address {
    return this.inner.local;
  }
  get remote(): Address {
    return this.inner.remote;
  }
  get proxyHeader(): ProxyHeader | undefined {
    return this.inner.proxyHeader;
  }
  get descriptor(): number | undefined {
    return this.inner.descriptor;
  }
}
