/** The server's side: the ClientHello is read first, for the certificate depends on it. */
import type { Clock } from "../../clock.ts";
import type { AcceptOptions, TlsFailure } from "../engine.ts";
import { writeAll } from "../../io.ts";
import { alertRecord, readHello } from "../hello_reader.ts";
import { OpenSslConn, type OpenSslConnParts } from "./conn.ts";
import type { OpenSslServerContext } from "./context.ts";
import { OpenSslInfo } from "./info.ts";

export class OpenSslServerConn extends OpenSslConn {
  readonly #choose: AcceptOptions["choose"];
  readonly #clock: Clock;
  #context: OpenSslServerContext | undefined;

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

  override ignores(code: number, depth: number): boolean {
    const { ignoreCaErrors, ignoreCrtErrors } = this.#context!.options;
    const ignored = depth > 0 ? ignoreCaErrors : ignoreCrtErrors;
    return ignored === "all" || ignored?.has(code) === true;
  }

  override async establish(): Promise<TlsFailure | undefined> {
    const failure = await this.#establish();
    if (failure !== undefined) this.close();
    return failure;
  }

  async #establish(): Promise<TlsFailure | undefined> {
    const read = await readHello(this.inner);
    if ("failed" in read) return read;
    const { hello, bytes } = read;
    if (!this.isOpen) return { failed: "closed", code: 0, message: "the connection was closed" };
    const context = this.#choose(hello);
    if (typeof context === "number") {
      const sent = writeAll(this.inner, alertRecord(context));
      if (typeof sent !== "number") await sent;
      return { failed: "handshake", code: 0, message: "no certificate for the name" };
    }
    this.#context = context as OpenSslServerContext;
    const { ctx, options, certificate } = this.#context;
    this.begin(ctx, true);
    this.feed(bytes);
    return await this.handshake(() =>
      new OpenSslInfo({
        lib: this.lib,
        ssl: this.ssl,
        isServer: true,
        sni: hello.sni,
        hello,
        certificate,
        wantsPeer: options.verify !== "none",
        errors: this,
      })
    );
  }
}
