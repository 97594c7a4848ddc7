/**
 * AcmeManager: keeps the certificates of a configuration that an authority gives: got when there are none, renewed
 * before they end (manual 12.8 of HAProxy 3.2, RFC 8555).
 *
 * Laws:
 * - One order at a time. What fails is told with its reason, the old certificate stays, and it is tried again later.
 * - A certificate is in its file (mode 600) before it is in use. When the file cannot be written that is told, and the
 *   certificate is used nevertheless, also by configurations that are loaded later.
 * - A configuration that is loaded anew keeps what is known about certificates that it shares with the old one.
 */
import type { AcmeConfig } from "../config/model_acme.ts";
import type { Clock } from "../net/clock.ts";
import {
  type Certificate,
  certificateTime,
  isSame,
  namesOf,
  parseCertificate,
} from "../net/tls/certificate.ts";
import { makeKey } from "../net/tls/issue.ts";
import { KEY_LABELS, parsePem } from "../net/tls/pem.ts";
import type { ManagedCertificate } from "../tls/orders.ts";
import { AccountKey } from "./account_key.ts";
import { AcmeClient, AcmeError } from "./client.ts";
import type { AcmeHttp } from "./http.ts";
import { obtain, type Proof } from "./obtain.ts";
import { renewalTime, retryDelay } from "./schedule.ts";

/** What surrounds it. */
export interface AcmeHost {
  readonly clock: Clock;
  /** 0 to 1 */
  readonly random: () => number;
  /** Throws as Deno does. */
  readonly read: (path: string) => Uint8Array;
  /** Writes a file that only its owner may read, whole or not at all. Throws as Deno does. */
  readonly write: (path: string, text: string) => void;
  /** `ca`: PEM of who certifies the authority's server; undefined: the system's */
  readonly connect: (ca: string | undefined) => { http: AcmeHttp; close(): void };
  /** The leaf that is in use; undefined: none. */
  readonly current: (name: string) => Certificate | undefined;
  /** Puts certificate and key into use, in all threads; a text: why that is not possible now. */
  readonly install: (name: string, pem: string) => Promise<string | undefined>;
  readonly publish: (section: AcmeConfig, proofs: readonly Proof[], thumbprint: string) => void;
  readonly log: (level: "notice" | "warning" | "alert", text: string) => void;
}

/** One certificate from its first order on, over reloads: what an order comes to is noted here. */
interface Entry {
  certificate: ManagedCertificate;
  /** wall ms of the next order */
  due: number;
  failures: number;
  lastError: string | undefined;
  /** what the authority gave last */
  pem: string | undefined;
  /** it is not in use yet */
  waits: boolean;
}

/** Timers are asked anew at least this often, in ms: clocks jump, and timers end at 24 days. */
const LONGEST_WAIT = 3_600_000;
/** ms after which a certificate that could not be put into use is tried again */
const INSTALL_RETRY = 60_000;

export class AcmeManager {
  readonly #host: AcmeHost;
  #entries = new Map<string, Entry>();
  readonly #clients = new Map<string, { client: AcmeClient; close(): void }>();
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(host: AcmeHost) {
    this.#host = host;
  }

  /** Takes over what the running configuration wants. */
  adopt(certificates: Iterable<ManagedCertificate>): void {
    const entries = new Map<string, Entry>();
    for (const certificate of certificates) {
      const old = this.#entries.get(certificate.name);
      const same = old !== undefined && sameOrder(old.certificate, certificate);
      const entry: Entry = same
        ? old
        : { certificate, due: 0, failures: 0, lastError: undefined, pem: undefined, waits: false };
      entry.certificate = certificate;
      entry.waits = this.#isNewer(entry.pem, certificate.name);
      if (entry.failures === 0) entry.due = this.#dueOf(certificate);
      entries.set(certificate.name, entry);
    }
    this.#entries = entries;
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    for (const { close } of this.#clients.values()) close();
    this.#clients.clear();
  }

  /** Resolves when no order is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** `acme renew`: orders it now. False: there is no such certificate. */
  renew(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    entry.due = 0;
    this.#plan();
    return true;
  }

  /** `acme status`: a line for each certificate. */
  *status(): Iterable<string> {
    yield "# certificate\tsection\tstate\texpiry date (UTC)\texpires in\tscheduled date (UTC)\tscheduled in\n";
    const now = this.#host.clock.wall();
    for (const [name, entry] of this.#entries) {
      const leaf = this.#host.current(name);
      const expiry = leaf === undefined ? NaN : certificateTime(leaf.notAfter);
      const state = entry === this.#at ? "Running" : entry.failures > 0 ? "Failed" : "Scheduled";
      yield [
        name,
        entry.certificate.acme.name,
        state,
        date(expiry),
        span(expiry - now),
        date(Math.max(now, entry.due)),
        span(entry.due - now),
      ].join("\t") + "\n";
      if (entry.lastError !== undefined) yield `  ${entry.lastError}\n`;
    }
  }

  /** the entry whose order is under way */
  #at: Entry | undefined;

  #dueOf({ name, domains }: ManagedCertificate): number {
    const leaf = this.#host.current(name);
    if (leaf === undefined || isPlaceholder(leaf)) return 0;
    const has = new Set(namesOf(leaf));
    if (!domains.every((domain) => has.has(domain))) return 0;
    const { notBefore, notAfter } = leaf;
    return renewalTime(
      certificateTime(notBefore),
      certificateTime(notAfter),
      this.#host.random(),
    );
  }

  /** Whether `pem` is good for longer than what is in use: a configuration may have been read before it was there. */
  #isNewer(pem: string | undefined, name: string): boolean {
    const own = pem === undefined ? undefined : parseCertificate(parsePem(pem)[0].der);
    if (own === undefined) return false;
    const leaf = this.#host.current(name);
    return leaf === undefined || isPlaceholder(leaf) ||
      certificateTime(leaf.notAfter) < certificateTime(own.notAfter);
  }

  /** Waits for the next thing to do, or does it. */
  #plan(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#stopped || this.#running !== undefined || this.#entries.size === 0) return;
    const { clock } = this.#host;
    let next: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (next === undefined || entry.due < next.due || (entry.waits && !next.waits)) next = entry;
    }
    const wait = next!.waits ? 0 : next!.due - clock.wall();
    if (wait > 0) {
      this.#cancel = clock.after(Math.min(wait, LONGEST_WAIT), () => this.#plan());
      return;
    }
    this.#running = this.#do(next!).finally(() => {
      this.#running = undefined;
      this.#at = undefined;
      this.#plan();
    });
  }

  async #do(entry: Entry): Promise<void> {
    const { certificate } = entry;
    const { clock, log, random } = this.#host;
    this.#at = entry;
    try {
      if (!entry.waits) await this.#order(entry);
      await this.#use(entry);
    } catch (error) {
      if (this.#stopped) return;
      const { message, retryAfter } = error instanceof AcmeError ? error : {
        message: error instanceof Error ? error.message : String(error),
        retryAfter: undefined,
      };
      entry.failures++;
      const delay = retryDelay(entry.failures, random(), retryAfter);
      entry.due = clock.wall() + delay;
      entry.lastError = message;
      const [level, old] = this.#old(certificate);
      log(
        level,
        `acme: no new certificate for ${certificate.domains.join(", ")}: ${message}; ` +
          `${old}, next attempt in ${span(delay)}`,
      );
    }
  }

  /** What clients have while there is no new certificate, and how bad that is. */
  #old({ name }: ManagedCertificate): ["warning" | "alert", string] {
    const leaf = this.#host.current(name);
    const end = leaf === undefined || isPlaceholder(leaf) ? NaN : certificateTime(leaf.notAfter);
    return end < this.#host.clock.wall()
      ? ["alert", `the old one stays, which has expired on ${date(end)}`]
      : ["warning", "the old one stays"];
  }

  /** Gets a certificate and writes it. */
  async #order(entry: Entry): Promise<void> {
    const { certificate } = entry;
    const { acme, domains, file } = certificate;
    const { clock, publish, write, log } = this.#host;
    log("notice", `acme: asking ${new URL(acme.directory).host} for ${domains.join(", ")}`);
    const client = this.#client(acme);
    await client.enter(acme.contacts);
    const thumbprint = await client.thumbprint;
    const key = (acme.reuseKey ? this.#oldKey(certificate) : undefined) ?? makeKey(
      acme.keyType === "rsa"
        ? { type: "rsa", bits: acme.bits }
        : { type: "ecdsa", curve: acme.curve },
    );
    const chain = await obtain({
      client,
      clock,
      domains,
      challenge: acme.challenge,
      profile: acme.profile,
      key,
      publish: (proofs) => publish(acme, proofs, thumbprint),
    });
    entry.pem = `${chain.trimEnd()}\n${key}`;
    entry.waits = true;
    try {
      write(file, entry.pem);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log("warning", `acme: the certificate of ${domains[0]} is used but cannot be kept: ${why}`);
    }
  }

  /** Puts what was got into use. */
  async #use(entry: Entry): Promise<void> {
    const { certificate, pem } = entry;
    const { clock, install, log } = this.#host;
    const problem = await install(certificate.name, pem!).catch((error) =>
      error instanceof Error ? error.message : String(error)
    );
    if (problem !== undefined) {
      entry.lastError = problem;
      entry.due = clock.wall() + INSTALL_RETRY;
      entry.waits = false;
      log("warning", `acme: the certificate of ${certificate.domains[0]} waits: ${problem}`);
      this.#host.clock.after(INSTALL_RETRY, () => {
        entry.waits = true;
        this.#plan();
      });
      return;
    }
    entry.waits = false;
    entry.failures = 0;
    entry.lastError = undefined;
    // A certificate that is due at once would be ordered again and again.
    entry.due = Math.max(this.#dueOf(certificate), clock.wall() + LONGEST_WAIT);
    const leaf = this.#host.current(certificate.name);
    log(
      "notice",
      `acme: ${certificate.domains.join(", ")} has a new certificate, ` +
        `good until ${date(leaf === undefined ? NaN : certificateTime(leaf.notAfter))}`,
    );
  }

  #client(acme: AcmeConfig): AcmeClient {
    const keyFile = acme.accountKey ??
      `${acme.storage.replace(/\/+$/, "")}/${acme.name}.account.key`;
    const id = JSON.stringify([acme.directory, keyFile, acme.caFile?.path]);
    const known = this.#clients.get(id);
    if (known !== undefined) return known.client;
    const { clock, read, connect } = this.#host;
    const ca = acme.caFile && new TextDecoder().decode(read(acme.caFile.path));
    const key = new AccountKey(this.#accountKey(keyFile));
    const { http, close } = connect(ca);
    const client = new AcmeClient(http, acme.directory, key, clock.wall);
    this.#clients.set(id, { client, close });
    return client;
  }

  /** PEM of the account's key, made and written when there is none: an account that is lost cannot be had back. */
  #accountKey(file: string): string {
    const { read, write } = this.#host;
    try {
      return new TextDecoder().decode(read(file));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const key = makeKey({ type: "ecdsa", curve: "P-256" });
    write(file, key);
    return key;
  }

  #oldKey({ file }: ManagedCertificate): string | undefined {
    try {
      const text = new TextDecoder().decode(this.#host.read(file));
      return parsePem(text).find(({ label }) => KEY_LABELS.has(label))?.text;
    } catch {
      return undefined;
    }
  }
}

/** One that signed itself. */
function isPlaceholder({ subjectDer, issuerDer }: Certificate): boolean {
  return isSame(subjectDer, issuerDer);
}

function sameOrder(a: ManagedCertificate, b: ManagedCertificate): boolean {
  const key = ({ file, acme: { span: _, ...acme }, domains }: ManagedCertificate) =>
    JSON.stringify([file, acme, domains], (name, value) => name === "span" ? undefined : value);
  return key(a) === key(b);
}

function date(ms: number): string {
  return Number.isNaN(ms) ? "-" : new Date(ms).toISOString().slice(0, 19) + "Z";
}

/** `29d 23h`, `4h 12m`, `30m`: rounded down. */
function span(ms: number): string {
  if (Number.isNaN(ms)) return "-";
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  return d > 0 ? `${d}d ${h}h` : h > 0 ? `${h}h ${m}m` : `${m}m`;
}
