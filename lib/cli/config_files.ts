/**
 * The configuration file of the running process, and the versions that it had before: `<file>.versions/`.
 *
 * Laws:
 * - A text is checked as a whole, and taken by the process, before it gets the file's name; a mistake changes nothing.
 * - What is replaced is kept first; the last KEPT versions stay.
 */
import type { Config } from "../config/model.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { ConfigOutcome, ConfigStore, ConfigVersion } from "../runtime/config_store.ts";
import type { LoadedConfig } from "./load.ts";
import { diagnosticsText } from "./output.ts";

/** Versions that are kept. */
const KEPT = 20;

export interface ConfigFilesOptions {
  readonly path: string;
  /** reads one file as the configuration */
  readonly load: (path: string) => Promise<LoadedConfig | undefined>;
  /** takes it in place of the running one */
  readonly take: (config: Config) => Promise<Diagnostics>;
}

export class ConfigFiles implements ConfigStore {
  readonly path: string;
  readonly #o: ConfigFilesOptions;
  /** the text in use, as far as this knows */
  #known: string | undefined;

  constructor(options: ConfigFilesOptions) {
    this.path = options.path;
    this.#o = options;
    try {
      this.#known = Deno.readTextFileSync(options.path);
    } catch {
      this.#known = undefined;
    }
  }

  get #directory(): string {
    return `${this.path}.versions`;
  }

  read(): Promise<string> {
    return Deno.readTextFile(this.path);
  }

  /** The file was loaded again, by whatever way: the text before it becomes a version. */
  async noteLoaded(): Promise<void> {
    const text = await this.read().catch(() => undefined);
    const before = this.#known;
    if (text === undefined || text === before) return;
    this.#known = text;
    if (before !== undefined) await this.#keep(before).catch(() => {});
  }

  async check(text: string): Promise<ConfigOutcome> {
    const { outcome } = await this.#try(text);
    return outcome;
  }

  async replace(text: string): Promise<ConfigOutcome> {
    const { outcome, loaded, draft } = await this.#try(text, true);
    if (!outcome.good || loaded?.config === undefined || draft === undefined) return outcome;
    const before = await this.read().catch(() => undefined);
    const verdict = await this.#o.take(loaded.config);
    const said = outcome.messages + diagnosticsText(verdict.list, new Map(), {});
    if (verdict.failed) {
      await Deno.remove(draft).catch(() => {});
      return { good: false, messages: said };
    }
    if (before !== undefined) await this.#keep(before);
    const mode = (await Deno.stat(this.path).catch(() => undefined))?.mode;
    if (mode !== undefined && mode !== null) await Deno.chmod(draft, mode & 0o7777);
    await Deno.rename(draft, this.path);
    this.#known = text;
    return { good: true, messages: said };
  }

  async versions(): Promise<readonly ConfigVersion[]> {
    const found: ConfigVersion[] = [];
    try {
      for await (const { name } of Deno.readDir(this.#directory)) {
        const { size, mtime } = await Deno.stat(`${this.#directory}/${name}`);
        found.push({ id: name, at: mtime?.getTime() ?? 0, bytes: size });
      }
    } catch {
      // There is no version yet.
    }
    return found.sort((a, b) => a.id < b.id ? 1 : -1);
  }

  async rollback(id?: string): Promise<ConfigOutcome> {
    const all = await this.versions();
    const version = id === undefined ? all[0] : all.find((each) => each.id === id);
    if (version === undefined) {
      return { good: false, messages: "There is no such version of the configuration.\n" };
    }
    return await this.replace(await Deno.readTextFile(`${this.#directory}/${version.id}`));
  }

  /** Loads the text from a file of its own beside the other; `keep`: the file stays when the text is right. */
  async #try(
    text: string,
    keep = false,
  ): Promise<{ outcome: ConfigOutcome; loaded?: LoadedConfig; draft?: string }> {
    const cut = Math.max(this.path.lastIndexOf("/") + 1, 0);
    const draft = `${this.path.slice(0, cut)}.new.${this.path.slice(cut)}`;
    try {
      await Deno.writeTextFile(draft, text, { mode: 0o600 });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { outcome: { good: false, messages: `The file cannot be written: ${reason}\n` } };
    }
    const loaded = await this.#o.load(draft);
    const good = loaded?.config !== undefined && loaded.listens;
    if (!keep || !good) await Deno.remove(draft).catch(() => {});
    const said = loaded === undefined
      ? "There is no configuration.\n"
      : diagnosticsText(loaded.diagnostics.list, loaded.sources, {});
    const nothing = loaded?.config !== undefined && !loaded.listens
      ? "Nothing would listen.\n"
      : "";
    const messages = said.replaceAll(draft, this.path) + nothing;
    return { outcome: { good, messages }, loaded, draft };
  }

  async #keep(text: string): Promise<void> {
    await Deno.mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const ending = /\.[A-Za-z]+$/.exec(this.path)?.[0] ?? "";
    const stamp = new Date().toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 19);
    await Deno.writeTextFile(`${this.#directory}/${stamp}${ending}`, text, { mode: 0o600 });
    for (const { id } of (await this.versions()).slice(KEPT)) {
      await Deno.remove(`${this.#directory}/${id}`);
    }
  }
}
