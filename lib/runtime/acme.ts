/** The AcmeManager of a process: its files, its certificates in all threads, its log. */
import { acmeHttp } from "../acme/http.ts";
import { type AcmeHost, AcmeManager } from "../acme/manager.ts";
import type { AcmeConfig } from "../config/model_acme.ts";
import { LogLevel } from "../log/types.ts";
import type { Proof } from "../acme/obtain.ts";
import type { Generation } from "./generation.ts";
import type { RuntimeHost } from "./socket/command.ts";

/** What it needs of a process. */
export interface AcmeProcess extends Pick<RuntimeHost, "state" | "generation" | "otherThreads"> {
  log(level: number, text: string): void;
}

export interface AcmeOptions {
  readonly process: AcmeProcess;
  /** reads a file from outside of `chroot`; throws as Deno does */
  readonly read: (path: string) => Uint8Array;
  /** tells standard error */
  readonly report: (text: string) => void;
  /** A thread that is started again reads this instead of the file as it was. */
  readonly remember: (path: string, bytes: Uint8Array) => void;
  readonly connect?: AcmeHost["connect"];
}

/** The manager for the running configuration; `before`: the one that there was. Undefined: none is needed. */
export function adoptAcme(
  before: AcmeManager | undefined,
  generation: Generation,
  options: AcmeOptions,
): AcmeManager | undefined {
  const { managed } = generation.tls.store;
  if (managed.size === 0 && before === undefined) return undefined;
  const manager = before ?? new AcmeManager(hostOf(options));
  manager.adopt(managed.values());
  return manager;
}

function hostOf({ process, read, report, remember, connect = acmeHttp }: AcmeOptions): AcmeHost {
  const { clock, random } = process.state;
  return {
    clock,
    random,
    read,
    write: writeSecret,
    connect,
    current: (name) => process.generation.tls.store.certificates.get(name)?.pair.leaf,
    install: async (name, pem) => {
      const { tls } = process.generation;
      const problem = tls.updates.install(name, pem);
      if (problem !== undefined) return problem;
      const order = tls.store.managed.get(name);
      if (order !== undefined) remember(order.file, new TextEncoder().encode(pem));
      const others = process.otherThreads;
      await others?.execute(["commit", "ssl", "cert", name], pem);
      return undefined;
    },
    publish: (section, proofs, thumbprint) => {
      process.generation.tls.challenges?.set(proofs);
      fillMap(process.generation, section, proofs, thumbprint);
    },
    log: (level, text) => {
      process.log(LogLevel[level], text);
      process.state.events.add(LogLevel[level], text);
      if (level === "warning") report(text);
    },
  };
}

const filled = new WeakMap<Generation, Set<string>>();

/** `map`: tokens with the thumbprint while they are asked for, as rules of HAProxy's manual expect. */
function fillMap(
  generation: Generation,
  { map: name }: AcmeConfig,
  proofs: readonly Proof[],
  thumbprint: string,
): void {
  const map = name && generation.patterns.find("map", name.text);
  if (map === undefined) return;
  const tokens = filled.get(generation) ?? new Set();
  for (const token of tokens) map.delete(token);
  tokens.clear();
  for (const { token } of proofs) {
    map.add(token, thumbprint);
    tokens.add(token);
  }
  filled.set(generation, tokens);
}

/** Writes a file of mode 600, whole or not at all; its directory is made. */
function writeSecret(path: string, text: string): void {
  const slash = path.lastIndexOf("/");
  if (slash > 0) Deno.mkdirSync(path.slice(0, slash), { recursive: true, mode: 0o700 });
  const beside = `${path}.new`;
  try {
    Deno.removeSync(beside);
  } catch {
    // It is not there, as it should be.
  }
  const file = Deno.openSync(beside, { write: true, createNew: true, mode: 0o600 });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    file.syncSync();
  } finally {
    file.close();
  }
  Deno.renameSync(beside, path);
}
