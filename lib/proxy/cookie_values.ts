/** Which value of the persistence cookie belongs to which server (manual 4.2 `cookie`, 5.2 `cookie`). */
import { isIPv4, isIPv6 } from "node:net";
import type { ServerPool } from "../balance/pool.ts";
import type { Server } from "../balance/server.ts";
import { xxh64 } from "../expr/xxh64.ts";

/** The values of a backend's servers, both ways. */
export class CookieValues {
  readonly #pool: Pick<ServerPool, "servers" | "places">;
  readonly #byValue = new Map<string, Server[]>();
  readonly #byIndex: (string | undefined)[] = [];
  /** of the pool, when the values were made */
  #places = -1;
  #key: string | undefined;
  #dynamic: boolean;

  /**
   * `dynamic`: servers without a value of their own get one made of their address and `key` (`cookie … dynamic`,
   * `dynamic-cookie-key`).
   */
  constructor(
    pool: Pick<ServerPool, "servers" | "places">,
    key: string | undefined,
    dynamic = key !== undefined,
  ) {
    this.#pool = pool;
    this.#key = key;
    this.#dynamic = dynamic;
    this.#make();
  }

  /** Switches the made values on or off (`enable dynamic-cookie`). */
  setDynamic(on: boolean): void {
    this.#dynamic = on;
    this.#make();
  }

  /** `set dynamic-cookie-key` */
  setKey(key: string): void {
    this.#key = key;
    this.#make();
  }

  #make(): void {
    const key = this.#dynamic ? this.#key : undefined;
    this.#places = this.#pool.places;
    this.#byValue.clear();
    this.#byIndex.length = 0;
    for (const server of this.#pool.servers) {
      const value = server.config.cookie ??
        (key === undefined ? undefined : dynamicValue(server, key));
      this.#byIndex[server.index] = value;
      if (value === undefined) continue;
      const others = this.#byValue.get(value);
      if (others === undefined) this.#byValue.set(value, [server]);
      else others.push(server);
    }
  }

  /** The servers that have this value, in the order of the configuration. */
  servers(value: string): readonly Server[] {
    if (this.#places !== this.#pool.places) this.#make();
    return this.#byValue.get(value) ?? NONE;
  }

  /** A server's value. */
  value(server: Server): string | undefined {
    if (this.#places !== this.#pool.places) this.#make();
    return this.#byIndex[server.index];
  }
}

const NONE: readonly Server[] = [];

/** XXH64 of key, address and port (4 bytes) in hexadecimal, as HAProxy makes it. */
function dynamicValue(server: Server, key: string): string | undefined {
  if (!server.hasAddress) return undefined;
  const { host, port } = server.address;
  const address = addressBytes(host);
  if (address === undefined) return undefined;
  const secret = new TextEncoder().encode(key);
  const bytes = new Uint8Array(secret.length + address.length + 4);
  bytes.set(secret);
  bytes.set(address, secret.length);
  new DataView(bytes.buffer).setUint32(secret.length + address.length, port);
  return xxh64(bytes).toString(16).padStart(16, "0");
}

/** The 4 or 16 bytes of an IP address; undefined for anything else. */
function addressBytes(host: string): Uint8Array | undefined {
  if (isIPv4(host)) return Uint8Array.from(host.split("."), Number);
  if (!isIPv6(host)) return undefined;
  // The URL parser writes every IPv6 address in one way, with an IPv4 tail as hexadecimal.
  const [head, tail] = new URL(`http://[${host}]/`).hostname.slice(1, -1).split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  const bytes = new Uint8Array(16);
  [...left, ...zeros, ...right].forEach((group, i) => {
    const value = parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 255;
  });
  return bytes;
}
