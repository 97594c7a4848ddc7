/**
 * What the side-by-side run against the real HAProxy asks (scripts/compare_balance.ts) and what the recorded
 * answers are compared with (hash_golden_test.ts): backends, and for each 500 keys in their order.
 */

/** One request or connection: what it is hashed by. */
export interface Asked {
  readonly request: string;
  /** the client's address */
  readonly source: string;
  /** the first bytes of a client of RDP */
  readonly rdp: string;
  /** a POST request: its head, and its body */
  readonly post: readonly [head: string, body: string];
}

export interface CaseServer {
  readonly weight: number;
  readonly id?: number;
  readonly backup?: boolean;
  readonly down?: boolean;
  /**
   * `hash-key` with the address. HAProxy 2.6 has no such setting: it is asked with the `id` whose places are the same,
   * which only some addresses have.
   */
  readonly at?: ServerAddressKey;
}

export interface ServerAddressKey {
  readonly hashKey: "addr" | "addr-port";
  readonly host: string;
  readonly port: number;
  /** what HAProxy is told instead */
  readonly id: number;
}

/** A change that is made by the runtime socket before the key at `at`. */
export interface CaseChange {
  readonly at: number;
  readonly server: number;
  readonly weight?: string;
  readonly down?: boolean;
}

export interface HashCase {
  readonly balance: string;
  /** the arguments of `hash-type`; undefined: no such line */
  readonly hashType?: string;
  readonly allbackups?: boolean;
  readonly servers: readonly CaseServer[];
  readonly changes?: readonly CaseChange[];
}

/**
 * Why sluice chooses other servers than HAProxy 2.6 in a case; undefined: it must not.
 *
 * One more difference is left out of the cases: with `hash-type consistent`, when a server's weight is raised above
 * any that it had before, HAProxy takes all its places off the ring for a moment, which moves the turn of streams
 * without a key by some places. Streams with a key are not concerned.
 */
export function differenceOf(
  { servers, allbackups, balance, hashType }: HashCase,
): string | undefined {
  const usable = servers.filter((s) => !s.down && s.weight > 0);
  const onBackups = usable.every((s) => s.backup);
  const byMap = balance === "static-rr" || hashType?.startsWith("consistent") !== true;
  return onBackups && !allbackups && byMap && usable.length > 1
    ? "without 'allbackups' only the first backup may serve (manual 4.2), HAProxy's map gives others places too"
    : undefined;
}

export const KEYS = 500;

/** Servers are called by letters, so that a sequence of choices is a word. */
export function serverName(index: number): string {
  return String.fromCharCode((index < 26 ? 65 : 97 - 26) + index);
}

/** How a case is called: unique, and the key of its recorded answer. */
export function nameOf(c: HashCase): string {
  const servers = c.servers.map((s) =>
    `${s.at === undefined ? "" : `${s.at.hashKey}@${s.at.host}:`}${
      s.id === undefined ? "" : `id${s.id}:`
    }${s.weight}${s.backup ? "b" : ""}${s.down ? "-" : ""}`
  ).join(",");
  const changes = (c.changes ?? []).map((x) =>
    ` @${x.at} ${serverName(x.server)} ${x.weight ?? (x.down ? "down" : "up")}`
  ).join("");
  const type = c.hashType === undefined ? "" : ` / ${c.hashType}`;
  return `${c.balance}${type} [${servers}]${c.allbackups ? " allbackups" : ""}${changes}`;
}

const weights = (...list: number[]): CaseServer[] => list.map((weight) => ({ weight }));
const without = (servers: CaseServer[], ...down: number[]): CaseServer[] =>
  servers.map((s, i) => down.includes(i) ? { ...s, down: true } : s);

export const KEYED = [
  "source",
  "uri",
  "uri whole",
  "uri depth 2",
  "uri len 12",
  "uri len 9 depth 1 whole",
  "uri path-only",
  "url_param id",
  "hdr(x-key)",
  "hdr(Host) use_domain_only",
  "hash req.hdr(x-key)",
  "hash req.hdr_val(x-number)",
  "hash req.hdr_ip(x-ip)",
];

/** It is asked by POST requests. */
export const POSTED = "url_param id check_post";

/** It is asked in `mode tcp`. */
export const RDP = "rdp-cookie(mstshash)";

const FUNCTIONS = ["sdbm", "djb2", "wt6", "crc32"];
const TYPES = ["map-based", "consistent"];

const everyFunction: HashCase[] = KEYED.flatMap((balance) =>
  TYPES.flatMap((type) =>
    ["", ...FUNCTIONS.flatMap((f) => [` ${f}`, ` ${f} avalanche`])].map((f) => ({
      balance,
      hashType: type + f,
      servers: weights(3, 2, 1, 1, 5),
    }))
  )
);

const b = (weight: number, down = false): CaseServer => ({ weight, backup: true, down });
const SHAPES: readonly Omit<HashCase, "balance" | "hashType">[] = [
  { servers: weights(1, 1, 1, 1) },
  { servers: weights(1, 2, 3) },
  { servers: weights(10, 20, 30, 40) },
  { servers: weights(256, 1, 77) },
  { servers: weights(100, 100, 50) },
  { servers: weights(4, 0, 4) },
  { servers: weights(7) },
  { servers: without(weights(2, 3, 4, 5), 1) },
  { servers: without(weights(2, 3, 4, 5), 0, 3) },
  { servers: without(weights(2, 3, 4, 5), 0, 1, 2) },
  { servers: [{ weight: 1, id: 17 }, { weight: 1, id: 4 }, { weight: 2, id: 1000 }] },
  { servers: [{ weight: 1 }, { weight: 1, id: 9 }, { weight: 1 }, { weight: 3, id: 2 }] },
  { servers: [...weights(1, 1), b(3), b(2)] },
  { servers: [...without(weights(1, 1), 0, 1), b(3), b(2)] },
  { servers: [...without(weights(1, 1), 0, 1), b(3), b(2)], allbackups: true },
  { servers: [...without(weights(4, 6), 0, 1), b(3, true), b(2), b(9)] },
  { servers: [...without(weights(4, 6), 0, 1), b(2), b(4), b(6)], allbackups: true },
  { servers: Array.from({ length: 40 }, (_, i) => ({ weight: 1 + i * 7 % 5 })) },
  {
    servers: weights(1, 1, 1),
    changes: [{ at: 150, server: 1, down: true }, { at: 350, server: 1, down: false }],
  },
  {
    servers: weights(3, 2, 4),
    changes: [
      { at: 100, server: 0, weight: "0%" },
      { at: 200, server: 2, down: true },
      { at: 300, server: 0, weight: "100%" },
      { at: 400, server: 2, down: false },
    ],
  },
];

const everyShape: HashCase[] = [
  ...["uri", "url_param id"].flatMap((balance) =>
    TYPES.flatMap((hashType) => SHAPES.map((shape) => ({ ...shape, balance, hashType })))
  ),
  ...SHAPES.map((shape) => ({ ...shape, balance: "static-rr" })),
];

/** Weights that only a dynamic algorithm takes. */
const everyWeight: HashCase[] = ([["uri", "9", "256"], ["url_param id", "2", "4"]] as const)
  .map(([balance, a, c]) => ({
    balance,
    hashType: "consistent",
    servers: weights(3, 2, 4),
    changes: [
      { at: 100, server: 0, weight: a },
      { at: 200, server: 1, weight: "50%" },
      { at: 250, server: 2, weight: "0" },
      { at: 300, server: 0, weight: "1" },
      { at: 400, server: 2, weight: c },
    ],
  }));

/** Addresses whose places on the ring are those of an id. */
function at(hashKey: "addr" | "addr-port", places: Readonly<Record<string, number>>): CaseServer[] {
  return Object.entries(places).map(([host, id], i) => ({
    weight: 1 + i % 3,
    at: { hashKey, host, port: 8080, id },
  }));
}

const byAddress = at("addr", {
  "10.0.29.225": 916209,
  "10.0.71.68": 796451,
  "10.0.82.196": 926999,
  "10.0.100.155": 667878,
  "2001:db8::4c6d": 816317,
  "2001:db8::5d4e": 729240,
});
const byAddressAndPort = at("addr-port", {
  "10.0.18.27": 191188,
  "10.0.31.35": 8189,
  "10.0.48.117": 629913,
  "10.0.54.75": 228609,
  "2001:db8::456": 511148,
  "2001:db8::22b6": 869464,
});

const everyAddress: HashCase[] = [...KEYED, RDP].flatMap((balance) =>
  [byAddress, byAddress.toReversed(), byAddressAndPort].map((servers) => ({
    balance,
    hashType: "consistent",
    servers,
    changes: balance === RDP ? undefined : [
      { at: 200, server: 2, down: true },
      { at: 300, server: 5, weight: "1" },
    ],
  }))
);

const everyRdp: HashCase[] = TYPES.flatMap((type) =>
  ["", ...FUNCTIONS.flatMap((f) => [` ${f}`, ` ${f} avalanche`])].map((f) => ({
    balance: RDP,
    hashType: type + f,
    servers: weights(3, 2, 1, 1, 5),
  }))
);

const everyPost: HashCase[] = ["map-based", "consistent", "map-based crc32 avalanche"].map((
  type,
) => ({
  balance: POSTED,
  hashType: type,
  servers: weights(3, 2, 1, 1, 5),
}));

export const HASH_CASES: readonly HashCase[] = [
  ...KEYED.map((balance) => ({ balance, servers: weights(3, 2, 1, 1, 5) })),
  ...everyFunction,
  ...everyShape,
  ...everyWeight,
  ...everyAddress,
  ...everyRdp,
  ...everyPost,
];

/** A small generator of its own, so that the keys are the same everywhere and for ever. */
function generator(): (below: number) => number {
  let state = 20240607;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Forms, and what is none. */
function posted(i: number, target: string): readonly [string, string] {
  const bodies = [
    `id=${i % 90}`,
    `name=x&id=user${i % 61}&id=2`,
    `id=&x=${i}`,
    `sid=${i}&xid=3`,
    `id=two%20words${i % 13}+and`,
    `id=${i} is text`,
    `{"id": ${i}}`,
    `id=${i}\x01\x02`,
    "",
    `a=1&id=${"long".repeat(1 + i % 30)}`,
    `x=1\r\nid=${i % 7}`,
    `id=/path${i % 9}`,
    `id= blank${i % 9}&y`,
    `id="quoted${i % 9}"`,
    `id==${i % 9}`,
  ];
  const body = bodies[i % bodies.length];
  // Some have it in the query, too.
  const path = i % 5 === 0 ? target : "/form";
  return [
    `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`,
    body,
  ];
}

/** TPKT and X.224 headers, then the cookie ([MS-RDPBCGR] 2.2.1.1), or none. */
export function rdpRequest(cookie: string | undefined): string {
  const rest = cookie === undefined ? "" : `Cookie: mstshash=${cookie}\r\n`;
  return `\x03\0\0\0\0\xe0\0\0\0\0\0${rest}`;
}

function makeKeys(): Asked[] {
  const next = generator();
  const one = <T>(list: readonly T[]): T => list[next(list.length)];
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  const word = (most: number) => {
    let text = "";
    for (let n = 1 + next(most); n > 0; n--) text += letters[next(letters.length)];
    return text;
  };
  const keys: Asked[] = [];
  for (let i = 0; i < KEYS; i++) {
    let path = "";
    for (let n = next(6); n >= 0; n--) {
      path += "/" + one([word(8), word(3), "", "a.b%2Fc", "static"]);
    }
    const id = one([
      `id=${word(9)}`,
      `id=${next(100000)}`,
      `id=user%20${next(50)}`,
      "id=",
      "id",
      "",
    ]);
    const query = one([
      "",
      "?",
      `?${id}`,
      `?${id}`,
      `?${id}&x=${word(4)}`,
      `?sid=${word(5)}&${id}`,
      `?a=/${word(3)}/?b&${id}&id=${word(3)}`,
      `?idx=1&&${id}`,
      `?${word(6)};${id}`,
    ]);
    const absolute = i % 25 === 24;
    const domain = absolute ? `www${next(40)}.example.net` : one([
      `${word(5)}.example${next(40)}.com`,
      `example${next(40)}.org`,
      `${word(4)}.${word(4)}.${word(6)}.net:8080`,
      word(9),
      `.${word(3)}`,
      `a..${word(3)}`,
      `${word(3)}.${word(3)}.`,
      "10.0.0." + next(256),
    ]);
    const target = absolute
      ? `http://${domain}${query === "" ? one([path, ""]) : path + query}`
      : path + query;
    const fields = [`Host: ${domain}`];
    const value = one([
      `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.${next(90)} (KHTML, like Gecko) ${word(5)}`,
      word(20),
      String(next(1000)),
      `"${word(4)}, ${word(4)}", ${word(3)}`,
      `${word(5)} , ${word(3)}`,
      `caf\xe9 ${word(3)}\xff\x80`,
      "",
      `, ${word(4)}`,
      undefined,
    ]);
    if (value !== undefined) fields.push(`X-Key: ${value}`);
    if (next(7) === 0) fields.push(`x-key: ${word(6)}`);
    if (next(9) !== 0) {
      fields.push(`X-Number: ${one([next(2 ** 24), -next(70000), next(2 ** 24) * 100, "x"])}`);
    }
    const ip4 = `${1 + next(223)}.${next(256)}.${next(256)}.${next(256)}`;
    const group = () => next(65536).toString(16);
    const ip6 = one([
      `2001:db8:${group()}::${group()}`,
      `fe80::${group()}:${group()}:${group()}:${group()}`,
      `${group()}:${group()}:${group()}:${group()}:${group()}:${group()}:${group()}:${group()}`,
      `::${group()}`,
    ]);
    if (next(9) !== 0) fields.push(`X-IP: ${one([ip4, ip4, ip6, "none"])}`);
    keys.push({
      request: `GET ${target} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`,
      source: next(3) === 0 ? ip6 : ip4,
      rdp: rdpRequest(i % 40 === 39 ? undefined : `user${(i * 7919) % 331}@${i % 17}`),
      post: posted(i, target),
    });
  }
  return keys;
}

/** The 500 keys of every case. */
export const HASH_KEYS: readonly Asked[] = makeKeys();
