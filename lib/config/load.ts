/** Files and directories named by `-f` to one Document, in HAProxy's order (management guide, `-f`). */
import type { Diagnostics } from "./diagnostic.ts";
import type { Document, DocumentFormat, Section } from "./document.ts";
import { Environment, type EnvironmentInput } from "./environment.ts";
import { readCfg, type ReadOptions } from "./read_cfg.ts";
import { readYaml } from "./read_yaml.ts";
import { convertRaw } from "./raw_words.ts";

/** Larger files are refused, bytes. */
export const MAX_CONFIG_BYTES = 64 * 1024 * 1024;

/** What is needed of the file system; tests give their own. Errors are thrown as Deno throws them. */
export interface ConfigFiles {
  isDirectory(path: string): Promise<boolean>;
  /** Names of the regular files (and links to files) in a directory. */
  listFiles(path: string): Promise<string[]>;
  /** At most `limit` bytes. */
  read(path: string, limit: number): Promise<Uint8Array>;
}

export interface LoadOptions extends ReadOptions {
  readonly env: EnvironmentInput;
  readonly files?: ConfigFiles;
}

export interface Loaded {
  readonly document: Document;
  /** Text by file name, for `renderDiagnostic`. */
  readonly sources: ReadonlyMap<string, string>;
  /** The files read, in order. */
  readonly files: readonly string[];
}

/**
 * Reads every path in order. A directory stands for its files that end in `.cfg`, `.yaml` or `.yml`, hidden
 * ones excepted, in the order of their bytes. `HAPROXY_CFGFILES` is set for all of them. A section never
 * continues in the next file. Everything wrong is in `diagnostics`; nothing is thrown.
 */
export async function loadDocument(
  paths: readonly string[],
  diagnostics: Diagnostics,
  options: LoadOptions,
): Promise<Loaded> {
  const io = options.files ?? denoFiles;
  const env = Environment.from(options.env);
  const files: string[] = [];
  for (const path of paths) files.push(...await expand(path, io, diagnostics));
  env.set("HAPROXY_CFGFILES", files.join(";"));

  const sources = new Map<string, string>();
  const documents: Document[] = [];
  for (const file of files) {
    const text = await readText(file, io, diagnostics);
    if (text === undefined) continue;
    sources.set(file, text);
    const read = detectFormat(file, text) === "yaml" ? readYaml : readCfg;
    documents.push(read(text, file, env, diagnostics, options));
  }
  return { document: mergeDocuments(documents), sources, files };
}

/** `yaml` or `cfg`, by the name's ending, else by the first line that is neither blank nor a comment. */
export function detectFormat(name: string, text: string): "yaml" | "cfg" {
  if (/\.ya?ml$/i.test(name)) return "yaml";
  if (/\.cfg$/i.test(name)) return "cfg";
  const first = /^(?!\s*(?:#|$)).*$/m.exec(text)?.[0] ?? "";
  return /^(?:---|%YAML|\{|-\s|["']?[A-Za-z_][\w. -]*["']?\s*:(?:\s|$))/.test(first)
    ? "yaml"
    : "cfg";
}

/** All sections in sequence. Documents of different formats become one of format `cfg`. */
export function mergeDocuments(documents: readonly Document[]): Document {
  if (documents.length === 1) return documents[0];
  const formats = new Set(documents.map((document) => document.format));
  const format: DocumentFormat = formats.size === 1 ? documents[0].format : "cfg";
  const sections: Section[] = [];
  let pending: readonly string[] = [];
  for (const document of documents) {
    for (const section of convertRaw(document, format).sections) {
      const comments = [...pending, ...(section.commentsBefore ?? [])];
      pending = [];
      sections.push(comments.length > 0 ? { ...section, commentsBefore: comments } : section);
    }
    pending = [...pending, ...(document.commentsAfter ?? [])];
  }
  return { format, sections, ...(pending.length > 0 ? { commentsAfter: pending } : undefined) };
}

async function expand(path: string, io: ConfigFiles, diagnostics: Diagnostics): Promise<string[]> {
  try {
    if (!await io.isDirectory(path)) return [path];
    const wanted = (name: string) => !name.startsWith(".") && /\.(?:cfg|yaml|yml)$/.test(name);
    const names = (await io.listFiles(path)).filter(wanted).sort(byBytes);
    if (names.length === 0) {
      const message = `the directory '${path}' has no file ending in .cfg, .yaml or .yml`;
      diagnostics.warning(undefined, message);
    }
    return names.map((name) => path.endsWith("/") ? path + name : `${path}/${name}`);
  } catch (error) {
    diagnostics.alert(undefined, `cannot open '${path}': ${reasonOf(error)}`);
    return [];
  }
}

const encoder = new TextEncoder();

function byBytes(a: string, b: string): number {
  const left = encoder.encode(a);
  const right = encoder.encode(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i] - right[i];
  }
  return left.length - right.length;
}

async function readText(
  file: string,
  io: ConfigFiles,
  diagnostics: Diagnostics,
): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await io.read(file, MAX_CONFIG_BYTES + 1);
  } catch (error) {
    diagnostics.alert(undefined, `cannot read '${file}': ${reasonOf(error)}`);
    return undefined;
  }
  if (bytes.length > MAX_CONFIG_BYTES) {
    const mebibytes = MAX_CONFIG_BYTES / 1024 / 1024;
    diagnostics.alert(undefined, `'${file}' is larger than ${mebibytes} MiB`);
    return undefined;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return decodeWithMistakes(file, bytes, diagnostics);
  }
}

/** Other bytes than UTF-8 are tolerated in comment lines only, where older files have them. */
function decodeWithMistakes(
  file: string,
  bytes: Uint8Array,
  diagnostics: Diagnostics,
): string | undefined {
  const text = new TextDecoder("utf-8").decode(bytes);
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const column = lines[i].indexOf("\ufffd") + 1;
    if (column === 0 || /^\s*#/.test(lines[i])) continue;
    const span = { file, line: i + 1, column, length: 1 };
    diagnostics.alert(span, "the file is not UTF-8 here");
    return undefined;
  }
  return text;
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file or directory";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}

/** The real file system. */
export const denoFiles: ConfigFiles = {
  async isDirectory(path) {
    return (await Deno.stat(path)).isDirectory;
  },
  async listFiles(path) {
    const names: string[] = [];
    for await (const entry of Deno.readDir(path)) {
      const isFile = entry.isFile ||
        (entry.isSymlink && (await Deno.stat(`${path}/${entry.name}`)).isFile);
      if (isFile) names.push(entry.name);
    }
    return names;
  },
  async read(path, limit) {
    using file = await Deno.open(path);
    const chunks: Uint8Array[] = [];
    let length = 0;
    while (length < limit) {
      const chunk = new Uint8Array(65_536);
      const count = await file.read(chunk);
      if (count === null) break;
      chunks.push(chunk.subarray(0, count));
      length += count;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  },
};
