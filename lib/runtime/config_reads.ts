/** Files that a configuration names: read once, kept for the other threads and for those that are started again. */
import type { Generation } from "./generation.ts";
import type { OutsideFiles } from "./outside_files.ts";
import type { ProcessState } from "./process_state.ts";
import type { FilesRead } from "./threads/messages.ts";

export class ConfigReads {
  /** what was read for the configuration that was compiled last */
  read: FilesRead = { contents: new Map(), folders: new Map() };
  /** reads a file from outside of `chroot`, and tells nobody */
  outside: (path: string) => Uint8Array = Deno.readFileSync;
  readonly #state: ProcessState;
  readonly #of = new WeakMap<Generation, FilesRead>();

  constructor(state: ProcessState) {
    this.#state = state;
    const { readFile, listFiles } = state;
    this.readBy({ readSync: readFile, listSync: listFiles });
  }

  /** From now on files are read by `files` (after `chroot`). */
  readBy(files: Pick<OutsideFiles, "readSync" | "listSync">): void {
    this.outside = (path) => files.readSync(path);
    this.#state.readFile = (path) => {
      const bytes = files.readSync(path);
      this.read.contents.set(path, bytes);
      return bytes;
    };
    this.#state.listFiles = (path) => {
      const names = files.listSync(path);
      this.read.folders.set(path, names);
      return names;
    };
  }

  /** What is read from now on is for another configuration. */
  begin(): void {
    this.read = { contents: new Map(), folders: new Map() };
  }

  /** What was read since `begin` was for this one. */
  belongTo(generation: Generation): void {
    this.#of.set(generation, this.read);
  }

  /** The file of a running configuration has become another by this program itself. */
  remember(generation: Generation, path: string, bytes: Uint8Array): void {
    this.#of.get(generation)?.contents.set(path, bytes);
  }
}
