/** The client's side: connections to servers. */
import type { ConnectTlsOptions, TlsFailure } from "../engine.ts";
import { parseIp } from "../../address.ts";
import { MORE } from "../../conn.ts";
import { OpenSslConn, type OpenSslConnParts } from "./conn.ts";
import type { OpenSslClientContext } from "./context.ts";
import { OpenSslInfo } from "./info.ts";
import type { RecordLimits } from "../record_sizes.ts";
import { cString, Ssl, textAt } from "./library.ts";

/** The subject's CN counts only where there are no alternative names (RFC 6125 6.4.4). */
const NO_PARTIAL_WILDCARDS = 4;

export class OpenSslClientConn extends OpenSslConn {
  readonly #options: ConnectTlsOptions;
  readonly #context: OpenSslClientContext;
  readonly alpn = undefined;
  readonly ocsp = undefined;
  readonly ticketKeys = undefined;

  constructor(parts: OpenSslConnParts, options: ConnectTlsOptions) {
    super(parts);
    this.#options = options;
    this.#context = options.context as OpenSslClientContext;
  }

  protected override get limits(): RecordLimits {
    return this.#context.options;
  }

  override ignores(): boolean {
    return false;
  }

  override async establish(): Promise<TlsFailure | undefined> {
    const { lib } = this;
    const { sni, verifyHost, sessions } = this.#options;
    const { ctx, options } = this.#context;
    this.begin(ctx, false);
    if (sni !== undefined && parseIp(sni) === undefined) {
      lib.SSL_ctrl(this.ssl, Ssl.CTRL_SET_TLSEXT_HOSTNAME, 0n, cString(sni));
    }
    if (verifyHost !== undefined && options.verify !== "none") {
      lib.SSL_set_hostflags(this.ssl, NO_PARTIAL_WILDCARDS);
      lib.SSL_set1_host(this.ssl, cString(verifyHost));
    }
    const session = sessions?.take(sni) as Deno.PointerValue | undefined;
    if (session !== undefined && session !== null) {
      lib.SSL_set_session(this.ssl, session);
      lib.SSL_SESSION_free(session);
    }
    const failure = await this.shaken(this.shake());
    if (failure === undefined) return undefined;
    const verify = this.crtError || this.caError;
    this.close();
    if (verify === 0) return failure;
    const reason = textAt(lib.X509_verify_cert_error_string(BigInt(verify)));
    const what = verify === HOSTNAME_MISMATCH
      ? `the server's certificate is not for '${verifyHost}'`
      : `the server's certificate is not accepted: ${reason}`;
    return { ...failure, code: verify, message: what };
  }

  protected override makeInfo(): OpenSslInfo {
    return new OpenSslInfo({
      lib: this.lib,
      ssl: this.ssl,
      isServer: false,
      sni: this.#options.sni,
      wantsPeer: true,
      errors: this,
    });
  }

  /** A client speaks first. */
  protected override greeted(): number {
    return MORE;
  }

  /** The session as it is at the end: tickets of TLS 1.3 come after the handshake. */
  protected override beforeFree(): void {
    super.beforeFree();
    const { sessions, sni } = this.#options;
    if (sessions === undefined || this.tls === undefined) return;
    const session = this.lib.SSL_get1_session(this.ssl);
    if (session === null) return;
    if (this.lib.SSL_SESSION_is_resumable(session) === 1) sessions.put(sni, session);
    else this.lib.SSL_SESSION_free(session);
  }
}

const HOSTNAME_MISMATCH = 62;
