/**
 * Authorities, revocation lists and keys of tickets exchanged while the process runs (management manual 9.3
 * `set ssl ca-file`, `set ssl crl-file`, `set ssl tls-key`). The laws are those of certificates (updates.ts); a session
 * of before is not resumed where other clients are believed now.
 */
import type { TlsSettings } from "../config/model_tls.ts";
import { CERTIFICATE_LABELS, parsePem } from "../net/tls/pem.ts";
import { parseCertificate } from "../net/tls/certificate.ts";
import { parseRevocationList } from "../net/tls/crl.ts";
import { certificateLines, revocationLines } from "./describe.ts";
import { withAuthorities } from "./context_options.ts";
import { below } from "./files.ts";
import type { TlsMaterial } from "./material.ts";

export type AuthorityKind = "ca" | "crl";

/** Where a line's authorities come from. */
export interface AuthorityFiles {
  readonly ca?: string;
  readonly caVerify?: string;
  readonly crl?: string;
}

export function authorityFiles(
  settings: TlsSettings & { readonly caVerifyFile?: { readonly path: string } },
  base: string | undefined,
): AuthorityFiles {
  const path = (file: { readonly path: string } | undefined) => file && below(base, file.path);
  return {
    ca: path(settings.caFile),
    caVerify: path(settings.caVerifyFile),
    crl: path(settings.crlFile),
  };
}

const LABEL = { ca: "CA file", crl: "CRL file" } as const;
const TITLE = { ca: "Certificate", crl: "Certificate Revocation List" } as const;

export class AuthorityUpdates {
  readonly #material: TlsMaterial;
  readonly #transactions: { [K in AuthorityKind]?: { readonly name: string; pem: string } } = {};
  readonly #empty: Readonly<Record<AuthorityKind, Set<string>>> = { ca: new Set(), crl: new Set() };

  constructor(material: TlsMaterial) {
    this.#material = material;
  }

  #blocks(kind: AuthorityKind, pem: string) {
    return parsePem(pem).filter(({ label }) =>
      kind === "ca" ? CERTIFICATE_LABELS.has(label) : label === "X509 CRL"
    );
  }

  list(kind: AuthorityKind): string {
    const open = this.#transactions[kind];
    const names = [...this.#material.authorities].filter(([, pem]) =>
      this.#blocks(kind, pem).length > 0
    );
    const line = (name: string, pem: string) => {
      const count = kind === "ca" ? ` - ${this.#blocks(kind, pem).length} certificate(s)` : "";
      return `${name}${count}\n`;
    };
    const begun = open === undefined ? "" : `# transaction\n*${line(open.name, open.pem)}`;
    const lines = names.map(([name, pem]) => line(name, pem));
    const empty = [...this.#empty[kind]].map((name) => line(name, ""));
    return `${begun}# filename\n${[...lines, ...empty].join("")}`;
  }

  /** `given`: a file, `*` before it for the transaction's, `:` and a number behind it for one of what it has. */
  show(kind: AuthorityKind, given: string): string {
    const [, name, number] = /^(.*?)(?::(\d+))?$/.exec(given)!;
    if (this.#empty[kind].has(name)) return `Filename: ${name}\nStatus: Empty\n`;
    const open = this.#transactions[kind];
    const pem = name.startsWith("*") && open?.name === name.slice(1)
      ? open.pem
      : this.#material.authorities.get(name);
    if (pem === undefined) return `Can't display the ${LABEL[kind]} : Not found!\n`;
    const shown = this.#blocks(kind, pem).map(({ der }, i) => {
      const lines = kind === "ca" ? parseCertificate(der) : parseRevocationList(der);
      if (lines === undefined) return "";
      const about = "der" in lines ? certificateLines(lines) : revocationLines(lines);
      return ` \n${TITLE[kind]} #${i + 1}:\n${about.map((line) => `${line}\n`).join("")}`;
    });
    const wanted = number === undefined ? shown : [shown[Number(number) - 1] ?? ""];
    const status = this.#isUsed(name) ? "Used" : "Unused";
    return `Filename: ${name}\nStatus: ${status}\n${wanted.join("")}`;
  }

  /** `add`: the payload is put behind what is there. */
  set(kind: AuthorityKind, name: string, payload: string | undefined, add = false): string {
    const refuse = (why: string) => `${why}\nCan't update ${name}!\n`;
    if (payload === undefined || payload.trim() === "") {
      return `'set ssl ${kind}-file' expects a filename and a payload\n`;
    }
    const known = this.#material.authorities.get(name);
    if (known === undefined && !this.#empty[kind].has(name)) {
      return refuse(`Can't replace a ${LABEL[kind]} which is not referenced by the configuration!`);
    }
    const open = this.#transactions[kind];
    if (open !== undefined && open.name !== name) {
      return refuse(`The ongoing transaction is about '${open.name}'; commit or abort it first.`);
    }
    const blocks = this.#blocks(kind, payload);
    if (blocks.length === 0) return refuse(`There is nothing of a ${LABEL[kind]} in the payload.`);
    const before = add ? open?.pem ?? known ?? "" : "";
    const pem = before + blocks.map(({ text }) => text).join("");
    this.#transactions[kind] = { name, pem };
    return open === undefined
      ? `transaction created for ${kind.toUpperCase()} ${name}!\n`
      : `transaction updated for ${kind.toUpperCase()} ${name}!\n`;
  }

  abort(kind: AuthorityKind, name: string): string {
    if (this.#transactions[kind]?.name !== name) return "No ongoing transaction!\n";
    this.#transactions[kind] = undefined;
    return `Transaction aborted for certificate '${name}'!\n`;
  }

  create(kind: AuthorityKind, name: string): string {
    if (this.#material.authorities.has(name) || this.#empty[kind].has(name)) {
      return `${LABEL[kind]} '${name}' already exists!\n`;
    }
    this.#empty[kind].add(name);
    return `New ${LABEL[kind]} created '${name}'!\n`;
  }

  delete(kind: AuthorityKind, name: string): string {
    const refuse = (why: string) =>
      `Can't remove the ${LABEL[kind]}: ${LABEL[kind]} '${name}' ${why}!\n\n`;
    if (this.#isUsed(name)) return refuse("in use, can't be deleted");
    const there = this.#material.authorities.delete(name);
    if (!this.#empty[kind].delete(name) && !there) return refuse("doesn't exist");
    return `${LABEL[kind]} '${name}' deleted!\n`;
  }

  #isUsed(name: string): boolean {
    const uses = ({ ca, caVerify, crl }: AuthorityFiles) => [ca, caVerify, crl].includes(name);
    for (const listener of this.#material.listeners.values()) {
      for (const entry of listener.entries) {
        if (uses(this.#material.filesOf(listener, entry))) return true;
      }
    }
    for (const { files } of this.#material.clientFiles()) if (uses(files)) return true;
    return false;
  }

  commit(kind: AuthorityKind, name: string): string {
    const open = this.#transactions[kind];
    if (open?.name !== name) return `No ongoing transaction! !\nCan't commit ${name}!\n`;
    const { pem } = open;
    const prepared: (() => void)[] = [];
    const undo: (() => void)[] = [];
    const refuse = (why: string) => {
      undo.forEach((free) => free());
      return `${name}: ${why}.\nCan't commit ${name}!\n`;
    };
    for (const listener of this.#material.listeners.values()) {
      for (const entry of listener.entries) {
        const files = this.#material.filesOf(listener, entry);
        const change = {
          ...files.ca === name ? { ca: pem } : {},
          ...files.caVerify === name ? { caVerify: pem } : {},
          ...files.crl === name ? { crl: pem } : {},
        };
        if (Object.keys(change).length === 0) continue;
        const options = withAuthorities(entry.options, change);
        const context = entry.prepare(entry.pair, options);
        if (typeof context === "string") return refuse(context);
        undo.push(() => context.free());
        prepared.push(() => entry.use(entry.pair, context, options));
      }
    }
    for (const { client, files } of this.#material.clientFiles()) {
      if (files.ca !== name && files.crl !== name) continue;
      const wrong = client.believe(files.ca === name ? { ca: pem } : { crl: pem });
      if (wrong !== undefined) return refuse(wrong);
    }
    for (const use of prepared) use();
    this.#empty[kind].delete(name);
    this.#material.authorities.set(name, pem);
    this.#transactions[kind] = undefined;
    return `Committing ${name}.\nSuccess!\n`;
  }

  // Keys of tickets. Their names may be seen, what is secret in them may not.

  showKeys(which: string | undefined): string {
    const files = [...this.#material.ticketFiles];
    if (which === undefined) {
      return `# id (file)\n${files.map(([file], id) => `${id} (${file})\n`).join("")}`;
    }
    const shown = which === "*" ? files : files.filter((entry) => this.#keysOf(which) === entry[1]);
    if (shown.length === 0) return `'show tls-keys' unable to locate referenced filename\n`;
    return shown.map(([file, keys]) => {
      const id = files.findIndex((entry) => entry[0] === file);
      const lines = keys.map((key, i) => `${id}.${i} ${key.subarray(0, 16).toHex()}\n`);
      return `# ${id} (${file}): names of the keys\n${lines.join("")}`;
    }).join("");
  }

  setKey(which: string, text: string): string {
    const keys = this.#keysOf(which);
    if (keys === undefined) return `'set ssl tls-key' unable to locate referenced filename\n`;
    let key: Uint8Array<ArrayBuffer>;
    try {
      key = Uint8Array.fromBase64(text.trim());
    } catch {
      return "'set ssl tls-key' received invalid base64 encoded TLS key.\n";
    }
    if (key.length !== keys[0].length) {
      return `'set ssl tls-key' received a key of wrong size.\n`;
    }
    keys.push(key);
    keys.shift();
    return "TLS ticket key updated!\n";
  }

  /** By the file, or `#` and its number. */
  #keysOf(which: string): Uint8Array<ArrayBuffer>[] | undefined {
    if (!which.startsWith("#")) {
      const named = this.#material.ticketFiles.get(which);
      if (named !== undefined || !/^\d+$/.test(which)) return named;
    }
    return [...this.#material.ticketFiles.values()][Number(which.replace("#", ""))];
  }
}
