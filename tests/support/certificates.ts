/** Certificates for tests, made by OpenSSL's command when they are asked for. Keys are P-256 unless said. */

export interface Issued {
  /** PEM */
  readonly certificate: string;
  readonly key: string;
  /** certificates from the issuer up, without the root */
  readonly chain: string;
  /** certificate, key, chain: what `crt` takes */
  readonly pem: string;
}

export interface IssueOptions {
  readonly key?: "ec" | "rsa";
  readonly names?: readonly string[];
  /** whole distinguished name; default `/CN=` and the first name */
  readonly subject?: string;
  readonly isAuthority?: boolean;
  /** `YYYYMMDDhhmmssZ` */
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly days?: number;
}

/** Who signs: a root, or an intermediate authority. */
export class Authority {
  readonly issued: Issued;
  readonly #directory: string;
  #serial = 1;

  readonly #isRoot: boolean;

  private constructor(directory: string, issued: Issued, isRoot: boolean) {
    this.#directory = directory;
    this.#isRoot = isRoot;
    this.issued = issued;
  }

  /** PEM of its own certificate. */
  get certificate(): string {
    return this.issued.certificate;
  }

  /** A root of its own, or (`issuer`) one that another signed. */
  static make(name: string, issuer?: Authority): Authority {
    const directory = Deno.makeTempDirSync({ prefix: "sluice-ca-" });
    globalThis.addEventListener("unload", () => {
      try {
        Deno.removeSync(directory, { recursive: true });
      } catch {
        // Gone already.
      }
    });
    const options: IssueOptions = { isAuthority: true, subject: `/O=Tests/CN=${name}` };
    const issued = issuer === undefined ? selfSigned(directory, options) : issuer.issue(options);
    Deno.writeTextFileSync(`${directory}/index.txt`, "");
    return new Authority(directory, issued, issuer === undefined);
  }

  issue(options: IssueOptions): Issued {
    const directory = this.#directory;
    const base = `${directory}/${this.#serial++}`;
    const subject = options.subject ?? `/CN=${options.names?.[0] ?? "nobody"}`;
    run("openssl", [
      "req",
      "-new",
      "-nodes",
      ...keyArgs(options, base),
      "-subj",
      subject,
      "-utf8",
      "-out",
      `${base}.csr`,
    ]);
    this.#certify(base, options);
    return issuedOf(
      Deno.readTextFileSync(`${base}.crt`),
      Deno.readTextFileSync(`${base}.key`),
      this.#chain,
    );
  }

  /** Certifies a request (PEM): the certificate and its chain, as PEM. */
  sign(request: string, options: IssueOptions): string {
    const base = `${this.#directory}/${this.#serial++}`;
    Deno.writeTextFileSync(`${base}.csr`, request);
    this.#certify(base, options);
    return Deno.readTextFileSync(`${base}.crt`) + this.#chain;
  }

  get #chain(): string {
    return this.issued.chain + (this.#isRoot ? "" : this.issued.certificate);
  }

  /** `base`.csr to `base`.crt. */
  #certify(base: string, options: IssueOptions): void {
    const directory = this.#directory;
    Deno.writeTextFileSync(`${directory}/ca.crt`, this.issued.certificate);
    Deno.writeTextFileSync(`${directory}/ca.key`, this.issued.key);
    Deno.writeTextFileSync(`${base}.ext`, extensions(options));
    if (options.notAfter === undefined) {
      run("openssl", [
        "x509",
        "-req",
        "-in",
        `${base}.csr`,
        "-CA",
        `${directory}/ca.crt`,
        "-CAkey",
        `${directory}/ca.key`,
        "-set_serial",
        String(0x1000 + this.#serial),
        "-days",
        String(options.days ?? 30),
        "-extfile",
        `${base}.ext`,
        "-out",
        `${base}.crt`,
      ]);
    } else {
      this.#sign(base, options);
    }
  }

  /** With dates of its own, which only `openssl ca` can give. */
  #sign(base: string, options: IssueOptions): void {
    const directory = this.#directory;
    this.#config();
    run("openssl", [
      "ca",
      "-batch",
      "-notext",
      "-config",
      `${directory}/ca.cnf`,
      "-in",
      `${base}.csr`,
      "-out",
      `${base}.crt`,
      "-startdate",
      options.notBefore ?? "20200101000000Z",
      "-enddate",
      options.notAfter!,
      "-extfile",
      `${base}.ext`,
    ]);
  }

  #config(): void {
    const directory = this.#directory;
    Deno.writeTextFileSync(
      `${directory}/ca.cnf`,
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${directory}/index.txt\nnew_certs_dir=${directory}\n` +
        `certificate=${directory}/ca.crt\nprivate_key=${directory}/ca.key\nrand_serial=yes\n` +
        `default_md=sha256\npolicy=p\ndefault_crl_days=30\nunique_subject=no\n[p]\ncommonName=supplied\n`,
    );
  }

  /** PEM of a list that revokes these certificates. */
  revoke(...issued: readonly Issued[]): string {
    const directory = this.#directory;
    Deno.writeTextFileSync(`${directory}/ca.crt`, this.issued.certificate);
    Deno.writeTextFileSync(`${directory}/ca.key`, this.issued.key);
    this.#config();
    for (const { certificate } of issued) {
      Deno.writeTextFileSync(`${directory}/revoked.crt`, certificate);
      run("openssl", [
        "ca",
        "-config",
        `${directory}/ca.cnf`,
        "-revoke",
        `${directory}/revoked.crt`,
      ]);
    }
    run("openssl", [
      "ca",
      "-config",
      `${directory}/ca.cnf`,
      "-gencrl",
      "-out",
      `${directory}/ca.crl`,
    ]);
    return Deno.readTextFileSync(`${directory}/ca.crl`);
  }
}

function keyArgs({ key = "ec" }: IssueOptions, base: string): string[] {
  const kind = key === "rsa"
    ? ["-newkey", "rsa:2048"]
    : ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  return [...kind, "-keyout", `${base}.key`];
}

function extensions({ names = [], isAuthority = false }: IssueOptions): string {
  const lines = [`basicConstraints=critical,CA:${isAuthority ? "TRUE" : "FALSE"}`];
  if (names.length > 0) {
    const kinds = names.map((name) => /^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`);
    lines.push(`subjectAltName=${kinds.join(",")}`);
  }
  return lines.join("\n");
}

/** A certificate that signed itself. */
export function selfSigned(directory: string, options: IssueOptions): Issued {
  const base = `${directory}/self-${crypto.randomUUID()}`;
  const subject = options.subject ?? `/CN=${options.names?.[0] ?? "nobody"}`;
  const added = extensions(options).split("\n").flatMap((line) => ["-addext", line]);
  run("openssl", [
    "req",
    "-x509",
    "-nodes",
    ...keyArgs(options, base),
    "-subj",
    subject,
    "-days",
    String(options.days ?? 30),
    ...added,
    "-out",
    `${base}.crt`,
  ]);
  const issued = issuedOf(
    Deno.readTextFileSync(`${base}.crt`),
    Deno.readTextFileSync(`${base}.key`),
    "",
  );
  Deno.removeSync(`${base}.crt`);
  Deno.removeSync(`${base}.key`);
  return issued;
}

function issuedOf(certificate: string, key: string, chain: string): Issued {
  return { certificate, key, chain, pem: certificate + key + chain };
}

function run(command: string, args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(command, { args: [...args], stdout: "null" })
    .outputSync();
  if (!success) {
    throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
