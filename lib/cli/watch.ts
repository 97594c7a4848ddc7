/**
 * `--watch`: the files of the configuration, and those that it names, are looked after; when one has become another, a
 * reload is asked for.
 *
 * Laws:
 * - Folders are watched, not files: editors and orchestrators put a new file in the place of the old one, or move a
 *   link above it.
 * - Nothing is asked for before QUIET_MS have passed without an event, however many there are; after LATEST_MS it is.
 * - Only what is different counts: an event that left all files as they were asks for nothing.
 */
import type { Clock } from "../net/clock.ts";

/** ms of silence after which what is there is looked at, and after which it is looked at anyhow */
const QUIET_MS = 250;
const LATEST_MS = 3000;

export interface WatchOptions {
  /** what is looked after now: paths of files, and of folders whose files count */
  readonly paths: () => Iterable<string>;
  readonly onChange: () => void;
  readonly report: (message: string) => void;
  readonly clock: Pick<Clock, "now" | "after">;
  /** the events of folders */
  readonly watch?: (folders: string[]) => FolderEvents;
}

export interface FolderEvents extends AsyncIterable<unknown> {
  close(): void;
}

const watchFolders = (folders: string[]): FolderEvents =>
  Deno.watchFs(folders, { recursive: false });

export class FileWatch {
  readonly #o: WatchOptions;
  #events: FolderEvents | undefined;
  #folders = "";
  /** what is known of each file */
  #stamps = new Map<string, string>();
  #cancel: (() => void) | undefined;
  #firstAt: number | undefined;

  constructor(options: WatchOptions) {
    this.#o = options;
  }

  /** Begins, or takes note of which files there are to look after now (after a reload). */
  adopt(): void {
    const stamps = this.#look();
    // What has changed since it was read is found out by its event.
    for (const path of stamps.keys()) stamps.set(path, this.#stamps.get(path) ?? stamps.get(path)!);
    this.#stamps = stamps;
    this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#events?.close();
    this.#events = undefined;
    this.#folders = "";
  }

  #arm(): void {
    const folders = new Set<string>();
    for (const path of this.#o.paths()) {
      folders.add(isFolder(path) ? path : path.slice(0, path.lastIndexOf("/")) || ".");
    }
    const list = [...folders].filter(isFolder).sort();
    const key = list.join("\n");
    if (key === this.#folders) return;
    this.#events?.close();
    this.#folders = key;
    try {
      this.#events = (this.#o.watch ?? watchFolders)(list);
    } catch (error) {
      this.#events = undefined;
      this.#o.report(`files cannot be watched: ${error instanceof Error ? error.message : error}`);
      return;
    }
    this.#follow(this.#events);
  }

  async #follow(events: FolderEvents): Promise<void> {
    try {
      for await (const _ of events) {
        if (events !== this.#events) return;
        this.#later();
      }
    } catch (error) {
      if (events !== this.#events) return;
      this.#o.report(`files are not watched any more: ${error}`);
    }
  }

  #later(): void {
    const { clock } = this.#o;
    const now = clock.now();
    this.#firstAt ??= now;
    this.#cancel?.();
    const wait = Math.max(0, Math.min(QUIET_MS, this.#firstAt + LATEST_MS - now));
    this.#cancel = clock.after(wait, () => {
      this.#cancel = this.#firstAt = undefined;
      const stamps = this.#look();
      // A folder may have been replaced as a whole.
      this.#arm();
      const before = this.#stamps;
      this.#stamps = stamps;
      const same = stamps.size === before.size &&
        [...stamps].every(([path, stamp]) => before.get(path) === stamp);
      if (!same) this.#o.onChange();
    });
  }

  /** What tells one state of all files from another. */
  #look(): Map<string, string> {
    const stamps = new Map<string, string>();
    for (const path of this.#o.paths()) {
      const files = isFolder(path) ? filesIn(path).map((name) => `${path}/${name}`) : [path];
      for (const file of files) stamps.set(file, stampOf(file));
    }
    return stamps;
  }
}

function stampOf(path: string): string {
  try {
    const { ino, size, mtime } = Deno.statSync(path);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch {
    return "absent";
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** The files of a folder that are part of a configuration, in the order of their names. */
function filesIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name)
      .filter((name) => /^[^.].*\.(cfg|yaml|yml)$/.test(name)).sort();
  } catch {
    return [];
  }
}
