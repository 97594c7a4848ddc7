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

function makeContexts(
  engine: TlsEngine,
  { checkAlpn }: ServerTls,
  options: ClientContextOptions,
): readonly [ClientContext, ClientContext] | string {
  const context = engine.clientContext(options);
  if (typeof context === "string") return context;
  const forChecks = engine.clientContext({ ...options, alpn: checkAlpn });
  if (typeof forChecks !== "string") return [context, forChecks];
  context.free();
  return forChecks;
}

export class ServerTlsClient {
  readonly config: ServerTls;
  readonly #engine: TlsEngine;
  readonly #clock: Clock;
  #options: ClientContextOptions;
  #context: ClientContext;
  #checkContext: ClientContext;
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
    [context, checkContext]: readonly [ClientContext, ClientContext],
  ) {
    this.#meter = meter;
    this.#options = options;
    this.#engine = engine;
    this.#clock = clock;
    this.config = config;
    this.#context = context;
    this.#checkContext = checkContext;
    this.#sessions = config.noReuse ? undefined : engine.sessions();
  }

  /** A text: why the engine does not take the settings. */
  static make(
    engine: TlsEngine,
    clock: Clock,
    config: ServerTls,
    options: ClientContextOptions,
    meter?: TlsMeter,
  ): ServerTlsClient | string {
    const contexts = makeContexts(engine, config, options);
    if (typeof contexts === "string") return contexts;
    return new ServerTlsClient(meter, engine, clock, config, options, contexts);
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
    const contexts = makeContexts(this.#engine, this.config, options);
    if (typeof contexts === "string") return contexts;
    this.#context.free();
    this.#checkContext.free();
    this.#options = options;
    [this.#context, this.#checkContext] = contexts;
    return undefined;
  }

  /** TLS for a stream; `name` is sent to the server, and verified. */
  connect(conn: Conn, name: string | undefined): TlsConn {
    return this.#engine.connect(conn, {
      context: this.#context,
      sni: name,
      verifyHost: name ?? this.config.verifyHost,
      sessions: this.#sessions,
      meter: this.#meter,
      clock: this.#clock,
    });
  }

  /** TLS for a check. */
  check(conn: Conn): TlsConn {
    const { checkSni, verifyHost } = this.config;
    return this.#engine.connect(conn, {
      context: this.#checkContext,
      sni: checkSni,
      verifyHost: checkSni ?? verifyHost,
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
    this.#context.free();
    this.#checkContext.free();
    this.#sessions?.free();
  }
}
