/**
 * Connections that stay open, for choices that depend on the load: what scripts/compare_balance.ts asks the real
 * HAProxy, and what load_golden_test.ts compares its recorded answers with.
 */
export interface LoadCase {
  readonly balance: string;
  readonly hashType?: string;
  readonly factor?: number;
  /** how many different clients there are: few make some servers hot */
  readonly clients: number;
  readonly servers: readonly { readonly weight: number; readonly maxconn?: number }[];
}

/** A client's address opens a connection; or the connection that was opened as number `close` is closed. */
export type LoadStep = { readonly open: string } | { readonly close: number };

export const OPENED = 200;

const servers = (...weights: number[]) => weights.map((weight) => ({ weight }));

export const LOAD_CASES: readonly LoadCase[] = [
  ...[101, 125, 150, 200, 1000].flatMap((factor) =>
    [1, 3, 500].flatMap((clients) =>
      [servers(1, 1, 1, 1), servers(3, 2, 4), servers(1, 20, 7, 0, 3)].map((list) => ({
        balance: "source",
        hashType: "consistent",
        factor,
        clients,
        servers: list,
      }))
    )
  ),
  { balance: "source", hashType: "map-based", factor: 150, clients: 3, servers: servers(1, 2, 3) },
  {
    balance: "first",
    clients: 500,
    servers: [{ weight: 1, maxconn: 3 }, { weight: 9, maxconn: 20 }, { weight: 0, maxconn: 5 }, {
      weight: 1,
      maxconn: 50,
    }, { weight: 1 }],
  },
  {
    balance: "static-rr",
    clients: 500,
    servers: [{ weight: 3, maxconn: 10 }, { weight: 2, maxconn: 30 }, { weight: 4 }],
  },
  {
    balance: "leastconn",
    clients: 500,
    servers: [{ weight: 3, maxconn: 10 }, { weight: 2, maxconn: 30 }, { weight: 4 }],
  },
  {
    balance: "hash req.hdr(x)",
    hashType: "consistent",
    clients: 500,
    servers: [{ weight: 3, maxconn: 10 }, { weight: 2, maxconn: 30 }, { weight: 4 }],
  },
];

/** How a case is called: unique, and the key of its recorded answer. */
export function loadNameOf(c: LoadCase): string {
  const list = c.servers.map((s) =>
    s.maxconn === undefined ? s.weight : `${s.weight}/${s.maxconn}`
  );
  return [c.balance, c.hashType, c.factor, `${c.clients} clients`, `[${list}]`]
    .filter((part) => part !== undefined).join(" ");
}

/** The same steps for every run: twice as many connections come as go. */
export function loadSteps(c: LoadCase): LoadStep[] {
  let state = 99;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  const steps: LoadStep[] = [];
  const open: number[] = [];
  for (let opened = 0; opened < OPENED;) {
    if (open.length > 0 && next(3) === 0) {
      steps.push({ close: open.splice(next(open.length), 1)[0] });
    } else {
      const client = next(c.clients);
      steps.push({ open: `10.${client >> 8}.${client & 255}.7` });
      open.push(opened++);
    }
  }
  return steps;
}
