/** Builds configurations from text, with a file system that holds only what a test gives. */
import { buildConfig } from "../../lib/config/build.ts";
import { type Diagnostic, Diagnostics } from "../../lib/config/diagnostic.ts";
import type { Document } from "../../lib/config/document.ts";
import type { Config, ProxyConfig } from "../../lib/config/model.ts";
import { readCfg } from "../../lib/config/read_cfg.ts";
import { readYaml } from "../../lib/config/read_yaml.ts";

const USERS = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n";
const GROUPS = "root:x:0:\nnogroup:x:65534:\n";

export interface Built {
  readonly document: Document;
  readonly config: Config | undefined;
  readonly list: readonly Diagnostic[];
  /** `SEVERITY line: message` of each diagnostic. */
  readonly said: readonly string[];
}

export interface BuildText {
  readonly file?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Reads and builds a text: YAML when the file's name says so. */
export function build(text: string, options: BuildText = {}): Built {
  const file = options.file ?? "test.cfg";
  const diagnostics = new Diagnostics();
  const read = file.endsWith(".yaml") ? readYaml : readCfg;
  const document = read(text, file, { ...options.env }, diagnostics);
  const files: Record<string, string | Uint8Array> = {
    "/etc/passwd": USERS,
    "/etc/group": GROUPS,
    ...options.files,
  };
  const config = buildConfig(document, {
    diagnostics,
    readFile(path) {
      const content = files[path];
      if (content === undefined) throw new Error("there is no such file");
      return typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
  });
  const said = diagnostics.list.map((d) => `${d.severity} ${d.span?.line ?? "-"}: ${d.message}`);
  return { document, config, list: diagnostics.list, said };
}

/** The model of a text that must be right; warnings are allowed. */
export function valid(text: string, options: BuildText = {}): Config {
  const { config, said } = build(text, options);
  if (config === undefined) throw new Error(`not valid:\n${said.join("\n")}`);
  return config;
}

/** A proxy of the model by its name. */
export function proxy(config: Config, name: string): ProxyConfig {
  const found = config.proxies.find((p) => p.name === name);
  if (found === undefined) throw new Error(`no proxy '${name}'`);
  return found;
}

/** What is said about a text that must be wrong. */
export function alerts(text: string, options: BuildText = {}): string[] {
  const { config, said } = build(text, options);
  if (config !== undefined) throw new Error(`valid:\n${said.join("\n")}`);
  return said.filter((line) => line.startsWith("alert"));
}
