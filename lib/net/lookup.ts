import { lookup } from "node:dns/promises";

/** All addresses that the system knows of a name (getaddrinfo), as it orders them; none when there is none. Never rejects. */
export async function systemLookup(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
