/** The server's side: the ClientHello is read first, for the certificate depends on it. */
import type { Clock } from "../../clock.ts";
import type { AcceptOptions, TlsFailure } from "../engine.ts";
import type { ClientHello } from "../client_hello.ts";
import { MORE } from "../../conn.ts";
import { alertRecord, closedBefore, Greeting } from "../hello_reader.ts";
import { OpenSslConn, type OpenSslConnParts } from "./conn.ts";
import type { OpenSslServerContext } from "./context.ts";
import { OpenSslInfo } from "./info.ts";
import type { RecordLimits } from "../record_sizes.ts";

export class OpenSslServerConn extends OpenSslConn {
  readonly #choose: AcceptOptions["choose"];
  readonly #clock: Clock;
  readonly #greeting = new Greeting();
  #context: OpenSslServerContext | undefined;
  #hello: ClientHello | undefined;

  constructor(parts: OpenSslConnParts, choose: AcceptOptions["choose"]) {
    super(parts);
    this.#clock = parts.clock;
    this.#choose = choose;
  }

  override get alpn(): readonly string[] | undefined {
    return this.#context?.options.alpn;
  }
  override get ocsp(): Uint8Array<ArrayBuffer> | undefined {
    const pair = this.#context?.options.pair;
    const isOver = pair?.ocspEnd !== undefined && this.#clock.wall() > pair.ocspEnd;
    return isOver ? undefined : pair?.ocsp;
  }
  override get ticketKeys(): readonly Uint8Array<ArrayBuffer>[] | undefined {
    return this.#context?.options.ticketKeys;
  }

  protected override get limits(): RecordLimits | undefined {
    return this.#context?.options;
  }

  override ignores(code: number, depth: number): boolean {
    const { ignoreCaErrors, ignoreCrtErrors } = this.#context!.options;
    const ignored = depth > 0 ? ignoreCaErrors : ignoreCrtErrors;
    return ignored === "all" || ignored?.has(code) === true;
  }

  override async establish(): Promise<TlsFailure | undefined> {
    const failure = await this.shaken();
    if (failure === undefined) return undefined;
    const hasBegun = this.#context !== undefined || failure.failed !== "closed";
    this.close();
    return hasBegun ? failure : closedBefore(this.#greeting.length);
  }

  protected override greeted(bytes: Uint8Array, length: number): number {
    const read = this.#greeting.add(bytes, length);
    if (read === undefined) return MORE;
    if ("failed" in read) return this.fail(read);
    const { hello } = read;
    const context = this.#choose(hello);
    if (typeof context === "number") {
      const message = "no certificate for the name";
      this.inner.write(alertRecord(context));
      return this.fail({ failed: "handshake", code: 0, message });
    }
    this.#context = context as OpenSslServerContext;
    this.#hello = hello;
    this.begin(this.#context.ctx, true);
    this.feed(read.bytes, read.bytes.length);
    return this.shake();
  }

  protected override makeInfo(): OpenSslInfo {
    const { options, certificate } = this.#context!;
    return new OpenSslInfo({
      lib: this.lib,
      ssl: this.ssl,
      isServer: true,
      sni: this.#hello!.sni,
      hello: this.#hello,
      certificate,
      wantsPeer: options.verify !== "none",
      errors: this,
    });
  }
}
