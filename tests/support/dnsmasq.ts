/** A real DNS server whose names a test changes while it runs. */
import { waitFor } from "./poll.ts";
import { type Running, start } from "./process.ts";
import { freePort } from "./ports.ts";
import type { Scope } from "./scope.ts";

export const dnsPrograms = ["dnsmasq"];

/** Names of the zone `test`: addresses, and SRV records as `target port weight`. */
export interface Zone {
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly services?: Readonly<Record<string, readonly string[]>>;
}

export interface Dnsmasq {
  readonly host: string;
  readonly port: number;
  /** Other names from now on. */
  become(zone: Zone): Promise<void>;
  stop(): Promise<void>;
}

export async function startDnsmasq(scope: Scope, zone: Zone): Promise<Dnsmasq> {
  const host = "127.0.0.1";
  const port = freePort();
  let running: Running;
  let n = 0;
  const begin = async (zone: Zone) => {
    const services = Object.entries(zone.services ?? {}).flatMap(([name, records]) =>
      records.map((record) => {
        const [target, port, weight = "0"] = record.split(" ");
        return `srv-host=${name},${target},${port},0,${weight}`;
      })
    );
    const hosts = Object.entries(zone.hosts ?? {}).flatMap(([name, addresses]) =>
      addresses.map((address) => `host-record=${name},${address}`)
    );
    const conf = scope.write(
      `dnsmasq-${port}-${n++}.conf`,
      [
        "no-resolv",
        "no-hosts",
        "no-daemon",
        `port=${port}`,
        `listen-address=${host}`,
        "bind-interfaces",
        "local=/test/",
        `pid-file=`,
        "user=",
        ...hosts,
        ...services,
      ].join("\n") + "\n",
    );
    running = start(scope, `dnsmasq-${n}`, ["dnsmasq", "-k", "-C", conf]);
    await waitFor("dnsmasq to answer", async () => {
      try {
        (await Deno.connect({ hostname: host, port })).close();
        return true;
      } catch {
        return false;
      }
    });
  };
  await begin(zone);
  return {
    host,
    port,
    async become(zone) {
      await running.stop();
      await begin(zone);
    },
    stop: async () => void await running.stop(),
  };
}
