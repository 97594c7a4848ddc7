/**
 * Certificates exchanged while the process runs (management manual 9.3 `set ssl cert` …).
 *
 * Laws:
 * - What is set waits in a transaction until it is committed; new connections get it then, open ones keep theirs.
 * - A commit makes every context first; when one cannot be made, nothing has changed.
 * - Nothing is written to a file: a reload takes what the files say. No answer contains a key.
 */
import { Diagnostics } from "../config/diagnostic.ts";
import { ocspProblem } from "../net/tls/ocsp.ts";
import { KEY_LABELS, parsePem } from "../net/tls/pem.ts";
import { certificateLines, nameText, ocspIdLines, ocspKey } from "./describe.ts";
import { formatCrtListLine, parseCrtList } from "./crt_list.ts";
import { type EntrySource, ListenerEntry, type TlsListener } from "./listener.ts";
import type { StoredCertificate } from "./certificate_store.ts";
import type { TlsMaterial } from "./material.ts";
import { type LoadedPair, type PairParts, RESERVED_EXTENSIONS } from "./pair.ts";

interface Transaction {
  readonly path: string;
  parts: PairParts;
  pair: LoadedPair;
}

export class CertificateUpdates {
  readonly #material: TlsMaterial;
  /** one at a time, as in HAProxy */
  #transaction: Transaction | undefined;
  /** made by `new ssl cert`, without content yet */
  readonly #empty = new Set<string>();

  constructor(material: TlsMaterial) {
    this.#material = material;
  }

  list(): string {
    const { certificates } = this.#material.store;
    const open = this.#transaction;
    const names = [...certificates.keys(), ...this.#empty].sort();
    return (open === undefined ? "" : `# transaction\n*${open.path}\n`) +
      `# filename\n${names.map((name) => `${name}\n`).join("")}`;
  }

  show(name: string): string {
    const open = name.startsWith("*") ? this.#transaction : undefined;
    if (open !== undefined && open.path === name.slice(1)) {
      return describe(open.path, open.pair, "");
    }
    if (this.#empty.has(name)) return `Filename: ${name}\nStatus: Empty\nOCSP Response Key: \n`;
    const stored = this.#material.store.certificates.get(name);
    if (stored === undefined) {
      return "Can't display the certificate: Not found or the certificate is a bundle!\n";
    }
    return describe(name, stored.pair, this.#isUsed(stored) ? "Used" : "Unused");
  }

  #isUsed({ path }: StoredCertificate): boolean {
    for (const { entries } of this.#material.listeners.values()) {
      if (entries.some(({ source }) => source.path === path)) return true;
    }
    return this.#material.isClientCertificate(path);
  }

  /** `name`: the certificate's file, or one that stands beside it (`.key`, `.ocsp`, `.issuer`, `.sctl`). */
  set(name: string, payload: string | undefined): string {
    if (payload === undefined || payload.trim() === "") {
      return "'set ssl cert' expects a filename and a certificate as a payload\n";
    }
    const known = (path: string) =>
      this.#material.store.certificates.has(path) || this.#empty.has(path);
    const extension = RESERVED_EXTENSIONS.find((each) => name.endsWith(each));
    const path = known(name) || extension === undefined ? name : name.slice(0, -extension.length);
    const refuse = (why: string) => `${why}\nCan't update ${name}!\n`;
    if (!known(path)) {
      return refuse("Can't replace a certificate which is not referenced by the configuration!");
    }
    const open = this.#transaction;
    if (open !== undefined && open.path !== path) {
      return refuse(`The ongoing transaction is about '${open.path}'; commit or abort it first.`);
    }
    const before = open?.parts ?? this.#material.store.certificates.get(path)?.parts;
    const parts = partsWith(before, path === name ? undefined : extension, payload);
    if (typeof parts === "string") return refuse(parts);
    const pair = this.#material.store.assemble(parts, path);
    if ("problem" in pair) return refuse(`${path}: ${pair.problem}.`);
    if (parts.ocsp !== undefined && pair.ocsp === undefined) {
      return refuse(`${path}: ${pair.warning ?? "the OCSP answer is not used"}.`);
    }
    this.#transaction = { path, parts, pair };
    return open === undefined
      ? `Transaction created for certificate ${path}!\n`
      : `Transaction updated for certificate ${path}!\n`;
  }

  commit(path: string): string {
    const open = this.#transaction;
    if (open === undefined || open.path !== path) {
      return `No ongoing transaction! !\nCan't commit ${path}!\n`;
    }
    const { pair, parts } = open;
    const prepared: (() => void)[] = [];
    const undo: (() => void)[] = [];
    for (const listener of this.#material.listeners.values()) {
      for (const entry of listener.entries) {
        if (entry.source.path !== path) continue;
        const context = entry.prepare(pair);
        if (typeof context === "string") {
          undo.forEach((free) => free());
          return `${path}: ${context}.\nCan't commit ${path}!\n`;
        }
        undo.push(() => context.free());
        prepared.push(() => entry.use(pair, context));
      }
    }
    const wrong = this.#material.renewClients(path, pair);
    if (wrong !== undefined) {
      undo.forEach((free) => free());
      return `${path}: ${wrong}.\nCan't commit ${path}!\n`;
    }
    for (const use of prepared) use();
    for (const listener of this.#material.listeners.values()) listener.refresh();
    this.#empty.delete(path);
    this.#material.store.certificates.set(path, { path, parts, pair });
    this.#transaction = undefined;
    return `Committing ${path}.\nSuccess!\n`;
  }

  /** Exchanges a certificate and its key at once, beside a transaction that is open; a text: why it is not possible. */
  install(path: string, pem: string): string | undefined {
    const open = this.#transaction;
    this.#transaction = undefined;
    const answer = this.set(path, pem);
    const done = this.#transaction === undefined ? answer : this.commit(path);
    const good = done.includes("Success!");
    this.#transaction = open;
    return good ? undefined : done.trim().replace(/\n/g, " ");
  }

  /** `set ssl ocsp-response`: an answer (DER in base64) for the certificate that it is about. */
  staple(text: string): string {
    let answer: Uint8Array<ArrayBuffer>;
    try {
      answer = Uint8Array.fromBase64(text.replace(/\s+/g, ""));
    } catch {
      return "'set ssl ocsp-response' received invalid base64 encoded response.\n";
    }
    const found = [...this.#material.store.certificates.values()].filter(({ pair }) =>
      ocspProblem(answer, pair.leaf.serial, this.#material.wall()) === undefined
    );
    if (found.length === 0) {
      return "OCSP single response: it is for no certificate, or not good now\n";
    }
    for (const { path, parts } of found) {
      const pair = this.#material.store.assemble({ ...parts, ocsp: answer }, path);
      if ("problem" in pair) return `${path}: ${pair.problem}.\n`;
      const open = this.#transaction;
      this.#transaction = { path, parts: { ...parts, ocsp: answer }, pair };
      const done = this.commit(path);
      this.#transaction = open;
      if (!done.includes("Success!")) return done;
    }
    return "OCSP Response updated!\n";
  }

  /** `show ssl ocsp-response`: what is stapled; `which`: the answer of this key, or of this certificate's file. */
  showStapled(which: string | undefined): string {
    const stapled = [...this.#material.store.certificates.values()].flatMap(({ path, pair }) =>
      pair.ocsp === undefined ? [] : [{ path, ocsp: pair.ocsp, key: ocspKey(pair.ocsp) }]
    );
    if (which !== undefined) {
      const found = stapled.find(({ path, key }) => key === which || path === which);
      if (found === undefined) return "Certificate ID does not match any certificate.\n";
      const text = this.#material.engine.ocspText?.(found.ocsp) ?? "";
      // An empty line would end the answer.
      return text.replace(/^$(?=\n)/gm, " ");
    }
    const answers = new Map(stapled.map(({ key, ocsp }) => [key, ocsp]));
    const lines = [...answers.values()].flatMap(ocspIdLines);
    return `# Certificate IDs\n${lines.map((line) => `${line}\n`).join("")}`;
  }

  abort(path: string): string {
    if (this.#transaction?.path !== path) return "No ongoing transaction!\n";
    this.#transaction = undefined;
    return `Transaction aborted for certificate '${path}'!\n`;
  }

  create(path: string): string {
    if (this.#material.store.certificates.has(path) || this.#empty.has(path)) {
      return `The certificate '${path}' already exists!\n`;
    }
    this.#empty.add(path);
    return `New empty certificate store '${path}'!\n`;
  }

  delete(path: string): string {
    const stored = this.#material.store.certificates.get(path);
    if (stored === undefined && !this.#empty.has(path)) {
      return `Can't remove the certificate: certificate '${path}' doesn't exist!\n\n`;
    }
    if (stored !== undefined && this.#isUsed(stored)) {
      return `Can't remove the certificate: certificate '${path}' in use, can't be deleted!\n\n`;
    }
    this.#material.store.certificates.delete(path);
    this.#empty.delete(path);
    return `Certificate '${path}' deleted!\n`;
  }

  // crt-lists

  #lists(): Map<string, { listener: TlsListener; entries: ListenerEntry[] }[]> {
    const lists = new Map<string, { listener: TlsListener; entries: ListenerEntry[] }[]>();
    for (const listener of this.#material.listeners.values()) {
      for (const name of listener.lists) {
        const entries = listener.entries.filter(({ source }) => source.list === name);
        lists.set(name, [...lists.get(name) ?? [], { listener, entries }]);
      }
    }
    return lists;
  }

  showLists(name: string | undefined, numbered: boolean): string {
    const lists = this.#lists();
    if (name === undefined) return [...lists.keys()].sort().map((each) => `${each}\n`).join("");
    const users = lists.get(name);
    if (users === undefined) return "didn't find the specified filename\n";
    const lines = users[0].entries.map(({ source }) => {
      const text = formatCrtListLine({ ...source, path: numberedPath(source, numbered) });
      return `${text}\n`;
    });
    return `# ${name}\n${lines.join("")}`;
  }

  addToList(name: string, words: readonly string[], payload: string | undefined): string {
    const users = this.#lists().get(name);
    const refuse = (why: string) => `Can't edit the crt-list: ${why}!\n`;
    if (users === undefined) return refuse(`crt-list '${name}' does not exist`);
    const lines = parseCrtList(payload ?? words.join(" "));
    if ("problem" in lines || lines.length !== 1) return refuse("one line is needed");
    const [line] = lines;
    if (this.#empty.has(line.path)) return refuse(`certificate '${line.path}' is empty`);
    const stored = this.#material.store.certificates.get(line.path);
    if (stored === undefined) return refuse(`certificate '${line.path}' does not exist`);
    const made: { listener: TlsListener; entry: ListenerEntry }[] = [];
    for (const { listener, entries } of users) {
      const number = Math.max(0, ...entries.map(({ source }) => source.line ?? 0)) + 1;
      const source: EntrySource = { ...line, list: name, line: number };
      const told = new Diagnostics();
      const options = this.#material.optionsFor(listener, line.settings, told);
      const wrong = told.list.find(({ severity }) => severity === "alert");
      const entry = options === undefined || wrong !== undefined
        ? wrong?.message ?? "its settings cannot be had"
        : ListenerEntry.make(listener.engine, source, options, stored.pair);
      if (typeof entry === "string") {
        for (const each of made) each.entry.free();
        return refuse(entry);
      }
      made.push({ listener, entry });
    }
    for (const { listener, entry } of made) listener.add([entry]);
    return `Inserting certificate '${line.path}' in crt-list '${name}'.\nSuccess!\n`;
  }

  deleteFromList(name: string, which: string): string {
    const users = this.#lists().get(name);
    const refuse = (why: string) => `Can't delete the entry: ${why}!\n`;
    if (users === undefined) return refuse(`crt-list '${name}' does not exist`);
    const match = /^(.*?)(?::(\d+))?$/.exec(which)!;
    const [, path, number] = match;
    const found = users.map(({ listener, entries }) => ({
      listener,
      matching: entries.filter(({ source }) =>
        source.path === path && (number === undefined || source.line === Number(number))
      ),
    }));
    if (found.every(({ matching }) => matching.length === 0)) {
      return refuse(
        this.#material.store.certificates.has(path)
          ? `certificate '${path}' is not in crt-list '${name}'`
          : `certificate '${path}' does not exist`,
      );
    }
    if (found.some(({ matching }) => matching.length > 1)) {
      return refuse(`certificate '${path}' is there more than once, name its line: '${path}:LINE'`);
    }
    const first = found.find(({ listener, matching }) => matching.includes(listener.entries[0]));
    if (first !== undefined) {
      const where = first.listener.name;
      return refuse(`certificate '${path}' is the default certificate of '${where}'`);
    }
    for (const { listener, matching } of found) {
      for (const entry of matching) listener.remove(entry);
    }
    return `Entry '${path}' deleted in crtlist '${name}'!\n`;
  }
}

function numberedPath({ path, line }: EntrySource, numbered: boolean): string {
  return numbered ? `${path}:${line}` : path;
}

/** Parts with one of them exchanged; a text: what is wrong with the payload. */
function partsWith(
  before: PairParts | undefined,
  extension: string | undefined,
  payload: string,
): PairParts | string {
  const base: PairParts = before ?? { pem: "" };
  const decoded = () => {
    try {
      return Uint8Array.from(atob(payload.replace(/\s+/g, "")), (char) => char.charCodeAt(0));
    } catch {
      return undefined;
    }
  };
  switch (extension) {
    case ".key": {
      const withoutKeys = parsePem(base.pem).filter(({ label }) => !KEY_LABELS.has(label));
      return { ...base, pem: withoutKeys.map(({ text }) => text).join(""), key: payload };
    }
    case ".issuer":
      return { ...base, issuer: payload };
    case ".ocsp":
    case ".sctl": {
      const bytes = decoded();
      if (bytes === undefined) return "The payload is not base64!";
      return { ...base, [extension.slice(1)]: bytes };
    }
  }
  // A whole certificate replaces everything, but for a key that it does not bring.
  const hasKey = parsePem(payload).some(({ label }) => KEY_LABELS.has(label));
  const oldKey = parsePem(`${base.key ?? ""}${base.pem}`).find(({ label }) =>
    KEY_LABELS.has(label)
  );
  return { pem: payload, key: hasKey ? undefined : oldKey?.text, issuer: base.issuer };
}

function describe(path: string, pair: LoadedPair, status: string): string {
  const lines = [
    `Filename: ${path}`,
    ...status === "" ? [] : [`Status: ${status}`],
    ...certificateLines(pair.leaf),
    ...pair.chain.flatMap((each) => [
      `Chain Subject: ${nameText(each.subject)}`,
      `Chain Issuer: ${nameText(each.issuer)}`,
    ]),
    `OCSP Response Key: ${ocspKey(pair.ocsp)}`,
  ];
  return `${lines.join("\n")}\n`;
}
