/** TLS to one server: its contexts, sessions that may be resumed, names (manual 5.2). */
import type { ServerTls } from "../config/model_tls.ts";
import type { Clock } from "../net/clock.ts";
import type { Conn } from "../net/conn.ts";
import type {
  ClientContext,
  ClientContextOptions,
  KeyPair,
  SessionHolder,
  TlsConn,
  TlsEngine,
  TlsMeter,
} from "../net/tls/engine.ts";

/** ms in which a failure of the same kind is not told again */
const QUIET = 60_000;

/** One for each list of ALPN that is offered. */
interface Contexts {
  readonly streams: ClientContext;
  readonly checks: ClientContext;
  /** undefined: that of other streams */
  readonly websockets: ClientContext | undefined;
  /** of `connect` rules of checks that offer protocols of their own, by those */
  readonly rules: ReadonlyMap<string, ClientContext>;
}

/** What is offered beside what streams and checks offer. */
export interface OtherAlpn {
  /** WebSocket streams offer this instead */
  readonly websockets?: readonly string[];
  /** `alpn` of `connect` rules of checks */
  readonly rules?: readonly (readonly string[])[];
}

/** How a check connects: a `connect` rule (manual 4.2 `tcp-check connect`). */
export interface CheckConnection {
  /** `default`: the settings of the server's line hold */
  readonly asServer: boolean;
  readonly sni?: string;
  readonly alpn?: readonly string[];
}

function makeContexts(
  engine: TlsEngine,
  { checkAlpn }: ServerTls,
  options: ClientContextOptions,
  { websockets: websocketAlpn, rules = [] }: OtherAlpn,
): Contexts | string {
  const made: ClientContext[] = [];
  const others = websocketAlpn === undefined ? rules : [...rules, websocketAlpn];
  for (const alpn of [options.alpn, checkAlpn, ...others]) {
    const context = engine.clientContext({ ...options, alpn });
    if (typeof context === "string") {
      for (const each of made) each.free();
      return context;
    }
    made.push(context);
  }
  const [streams, checks, ...more] = made;
  return {
    streams,
    checks,
    websockets: more[rules.length],
    rules: new Map(rules.map((alpn, n) => [alpn.join(), more[n]])),
  };
}

function free({ streams, checks, websockets, rules }: Contexts): void {
  streams.free();
  checks.free();
  websockets?.free();
  for (const context of rules.values()) context.free();
}

export class ServerTlsClient {
  readonly config: ServerTls;
  readonly #engine: TlsEngine;
  readonly #clock: Clock;
  #options: ClientContextOptions;
  #contexts: Contexts;
  readonly #otherAlpn: OtherAlpn;
  /** the file of the certificate that is shown to the server */
  certificatePath: string | undefined = undefined;
  readonly #sessions: SessionHolder | undefined;
  #told: string | undefined;
  #toldAt = 0;

  readonly #meter: TlsMeter | undefined;

  private constructor(
    meter: TlsMeter | undefined,
    engine: TlsEngine,
    clock: Clock,
    config: ServerTls,
    options: ClientContextOptions,
    contexts: Contexts,
    otherAlpn: OtherAlpn,
  ) {
    this.#meter = meter;
    this.#options = options;
    this.#engine = engine;
    this.#clock = clock;
    this.config = config;
    this.#contexts = contexts;
    this.#otherAlpn = otherAlpn;
    this.#sessions = config.noReuse ? undefined : engine.sessions();
  }

  /** A text: why the engine does not take the settings. */
  static make(
    engine: TlsEngine,
    clock: Clock,
    config: ServerTls,
    options: ClientContextOptions,
    meter?: TlsMeter,
    otherAlpn: OtherAlpn = {},
  ): ServerTlsClient | string {
    const contexts = makeContexts(engine, config, options, otherAlpn);
    if (typeof contexts === "string") return contexts;
    return new ServerTlsClient(meter, engine, clock, config, options, contexts, otherAlpn);
  }

  /** Shows another certificate from now on; a text: why the engine does not take it, and nothing has changed. */
  renew(pair: KeyPair): string | undefined {
    return this.#change({ pair });
  }

  /** Believes others from now on; a text as with `renew`. */
  believe(change: Pick<ClientContextOptions, "ca" | "crl">): string | undefined {
    return this.#change(change);
  }

  #change(change: Partial<ClientContextOptions>): string | undefined {
    const options = { ...this.#options, ...change };
    const contexts = makeContexts(this.#engine, this.config, options, this.#otherAlpn);
    if (typeof contexts === "string") return contexts;
    free(this.#contexts);
    this.#options = options;
    this.#contexts = contexts;
    return undefined;
  }

  /**
   * TLS for a stream; `name` is sent to the server, and verified. `websocket`: the stream has the connection alone
   * because it is WebSocket. A session was made for one ALPN, so that such a stream resumes none.
   */
  connect(conn: Conn, name: string | undefined, websocket = false): TlsConn {
    const { streams, websockets } = this.#contexts;
    const apart = websocket && websockets !== undefined;
    return this.#engine.connect(conn, {
      context: apart ? websockets : streams,
      sni: name,
      verifyHost: name ?? this.config.verifyHost,
      sessions: apart ? undefined : this.#sessions,
      meter: this.#meter,
      clock: this.#clock,
    });
  }

  /** TLS for a check. */
  check(conn: Conn, { asServer, sni, alpn }: CheckConnection): TlsConn {
    const { checkSni, verifyHost } = this.config;
    const { checks, streams, rules } = this.#contexts;
    const own = alpn && rules.get(alpn.join());
    const name = sni ?? (asServer ? checkSni : undefined);
    return this.#engine.connect(conn, {
      context: own ?? (asServer ? checks : streams),
      sni: name,
      verifyHost: name ?? verifyHost,
      meter: this.#meter,
      clock: this.#clock,
    });
  }

  /** True when a failure is to be told: it is another one than before, or some time has passed. */
  isNews(message: string): boolean {
    const now = this.#clock.now();
    if (message === this.#told && now - this.#toldAt < QUIET) return false;
    this.#told = message;
    this.#toldAt = now;
    return true;
  }

  free(): void {
    free(this.#contexts);
    this.#sessions?.free();
  }
}
