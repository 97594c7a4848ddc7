/**
 * The patterns of ACLs and maps that may change while the proxy runs: by `http-request set-map`, `add-acl` … and by
 * commands of the runtime socket (`add map`, `del acl`, `show map` …; manual 7.1, 7.3.1, management 9.3).
 *
 * A PatternReference is a list of patterns (with values, in a map) under one name: a file, or `virt@name`, which has
 * none; all converters and ACLs that name it share it, and so see each change at once. Patterns that stand in the
 * configuration have a reference without a name. A reference knows who uses it (PatternUser) and tells them what
 * changes; users keep their own indexes (live_index.ts, live_test.ts).
 *
 * Laws:
 * - One store for each Generation: a reload reads the files anew, and what was changed at run time is gone, as in
 *   HAProxy.
 * - Nothing is added that a user cannot take (an address list gets no words): all or nothing.
 * - The order is that of the file, then that of adding. A key may be there several times.
 * - Changes that came from elsewhere in the process (another thread) are applied by `apply`; what this one changes is
 *   told to `onChange`.
 */

/** One pattern. `line` 0: it was added at run time. */
export class PatternEntry {
  /** unique in its reference, from 1: what the runtime socket writes as an address */
  readonly id: number;
  readonly key: string;
  readonly line: number;
  #value: string;
  /** the value as other types, by whoever asked for it */
  #read: Map<unknown, unknown> | undefined = undefined;

  constructor(id: number, key: string, value: string, line: number) {
    this.id = id;
    this.key = key;
    this.#value = value;
    this.line = line;
  }

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    this.#value = value;
    this.#read = undefined;
  }

  /** The value as `reader` reads it, which is done once. */
  as<T>(reader: (value: string) => T): T {
    const read = this.#read ??= new Map();
    if (!read.has(reader)) read.set(reader, reader(this.#value));
    return read.get(reader) as T;
  }
}

/** Who matches against a reference. */
export interface PatternUser {
  /** What is wrong with a pattern (or its value) for this user; undefined: nothing. */
  check(key: string, value: string): string | undefined;
  added(entry: PatternEntry): void;
  /** All patterns of this key went away. */
  removed(key: string): void;
  /** Everything may be different. */
  reset(): void;
  /** What a text matches, for `get acl` and `get map`; undefined: it is none for this user. */
  find?(text: string): PatternFound | undefined;
}

/** How a user of a reference matches a text. */
export interface PatternFound {
  /** type of the samples that are matched */
  readonly type: string;
  readonly ignoreCase: boolean;
  readonly matched: boolean;
  /** the pattern, where the user knows which one it is */
  readonly entry?: PatternEntry;
}

export type PatternKind = "acl" | "map";

/** A change, as it travels between threads. */
export interface PatternChange {
  readonly kind: PatternKind;
  readonly id: number;
  readonly change:
    | { readonly op: "add" | "set"; readonly key: string; readonly value: string }
    | { readonly op: "delete"; readonly key: string }
    /** one pattern: the numbers of patterns are each thread's own */
    | { readonly op: "delete entry"; readonly key: string; readonly value: string }
    | {
      readonly op: "set entry";
      readonly key: string;
      readonly before: string;
      readonly value: string;
    }
    | { readonly op: "clear" }
    | { readonly op: "replace"; readonly entries: readonly (readonly [string, string])[] };
}

export class PatternReference {
  readonly kind: PatternKind;
  /** `-u`, or one that is free: `#id` on the runtime socket */
  readonly id: number;
  /** undefined: the patterns stand in the configuration */
  readonly name: string | undefined;
  /** where it is used, for people: `acl 'x' at f.cfg:3` */
  readonly uses: string[] = [];
  readonly #tell: (change: PatternChange["change"], reference: PatternReference) => void;
  readonly #users: PatternUser[] = [];
  readonly #entries = new Map<number, PatternEntry>();
  /** made when a key is first asked for */
  #byKey: Map<string, PatternEntry[]> | undefined = undefined;
  #nextId = 1;
  /** grows with each change */
  version = 0;

  constructor(
    kind: PatternKind,
    id: number,
    name: string | undefined,
    tell: (change: PatternChange["change"], reference: PatternReference) => void,
  ) {
    this.kind = kind;
    this.id = id;
    this.name = name;
    this.#tell = tell;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** In order. */
  entries(): IterableIterator<PatternEntry> {
    return this.#entries.values();
  }

  entry(id: number): PatternEntry | undefined {
    return this.#entries.get(id);
  }

  /** The patterns with exactly this key. */
  find(key: string): readonly PatternEntry[] {
    return this.#keys().get(key) ?? [];
  }

  /** A user of a reference that is there is told of what changes from now on. */
  use(user: PatternUser): void {
    this.#users.push(user);
  }

  /** Whether anybody matches against it; actions alone do not make a list useful. */
  get used(): boolean {
    return this.#users.length > 0;
  }

  /** The patterns of a file or of the configuration, at load: nobody is asked or told. */
  load(key: string, value: string, line: number): PatternEntry {
    const entry = new PatternEntry(this.#nextId++, key, value, line);
    this.#entries.set(entry.id, entry);
    this.#byKey = undefined;
    return entry;
  }

  /** Adds a pattern. Answers what is wrong with it, or undefined. */
  add(key: string, value = ""): string | undefined {
    const problem = this.check(key, value);
    if (problem !== undefined) return problem;
    const entry = new PatternEntry(this.#nextId++, key, value, 0);
    this.#entries.set(entry.id, entry);
    const found = this.#keys().get(key);
    if (found === undefined) this.#keys().set(key, [entry]);
    else found.push(entry);
    for (const user of this.#users) user.added(entry);
    this.#changed({ op: "add", key, value });
    return undefined;
  }

  /**
   * Gives all patterns of this key the value; adds one when there is none and `orAdd`. Answers what is wrong, or
   * undefined. Without `orAdd` a key that is not there is wrong.
   */
  set(key: string, value: string, orAdd = false): string | undefined {
    const found = this.find(key);
    if (found.length === 0) return orAdd ? this.add(key, value) : "entry not found";
    const problem = this.check(key, value);
    if (problem !== undefined) return problem;
    for (const entry of found) entry.value = value;
    this.#changed({ op: "set", key, value });
    return undefined;
  }

  /** Gives one pattern another value. */
  setEntry(entry: PatternEntry, value: string): string | undefined {
    const problem = this.check(entry.key, value);
    if (problem === undefined) {
      const { key, value: before } = entry;
      entry.value = value;
      this.#changed({ op: "set entry", key, before, value });
    }
    return problem;
  }

  /** Deletes all patterns of this key; false: there was none. */
  delete(key: string): boolean {
    const found = this.find(key);
    if (found.length === 0) return false;
    for (const { id } of found) this.#entries.delete(id);
    this.#keys().delete(key);
    for (const user of this.#users) user.removed(key);
    this.#changed({ op: "delete", key });
    return true;
  }

  /** Deletes one pattern; false: there is none of this number. */
  deleteEntry(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    this.#reset();
    this.#changed({ op: "delete entry", key: entry.key, value: entry.value });
    return true;
  }

  clear(): void {
    this.#entries.clear();
    this.#reset();
    this.#changed({ op: "clear" });
  }

  /** Puts others in the place of all patterns at once (`commit map`). Answers what is wrong with one, or undefined. */
  replace(entries: readonly (readonly [key: string, value: string])[]): string | undefined {
    for (const [key, value] of entries) {
      const problem = this.check(key, value);
      if (problem !== undefined) return problem;
    }
    this.#entries.clear();
    for (const [key, value] of entries) this.load(key, value, 0);
    this.#reset();
    this.#changed({ op: "replace", entries });
    return undefined;
  }

  /** What a text matches for the first user that can tell. */
  match(text: string): PatternFound | undefined {
    for (const user of this.#users) {
      const found = user.find?.(text);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What is wrong with a pattern for any of the users. */
  check(key: string, value: string): string | undefined {
    for (const user of this.#users) {
      const problem = user.check(key, value);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #keys(): Map<string, PatternEntry[]> {
    if (this.#byKey === undefined) {
      this.#byKey = new Map();
      for (const entry of this.#entries.values()) {
        const found = this.#byKey.get(entry.key);
        if (found === undefined) this.#byKey.set(entry.key, [entry]);
        else found.push(entry);
      }
    }
    return this.#byKey;
  }

  #reset(): void {
    this.#byKey = undefined;
    for (const user of this.#users) user.reset();
  }

  #changed(change: PatternChange["change"]): void {
    this.version++;
    this.#tell(change, this);
  }
}

export class PatternStore {
  readonly #all: PatternReference[] = [];
  readonly #named = new Map<string, PatternReference>();
  readonly #ids = new Set<number>();
  #nextId = 0;
  #applying = false;
  /** is told of each change that was made here, not of those that `apply` makes */
  onChange: ((change: PatternChange) => void) | undefined = undefined;

  /** All references of a kind, in the order in which the configuration names them. */
  list(kind: PatternKind): PatternReference[] {
    return this.#all.filter((reference) => reference.kind === kind);
  }

  /** The reference of this name, or of `#id`. */
  find(kind: PatternKind, name: string): PatternReference | undefined {
    if (!name.startsWith("#")) return this.#named.get(`${kind} ${name}`);
    return this.#all.find((r) => r.kind === kind && String(r.id) === name.slice(1));
  }

  /** Makes a reference; without an `id` it gets one that is free. The name must be new. */
  create(kind: PatternKind, name: string | undefined, id?: number): PatternReference {
    while (id === undefined && this.#ids.has(this.#nextId)) this.#nextId++;
    const number = id ?? this.#nextId++;
    this.#ids.add(number);
    const reference = new PatternReference(kind, number, name, (change) => {
      if (!this.#applying) this.onChange?.({ kind, id: number, change });
    });
    this.#all.push(reference);
    if (name !== undefined) this.#named.set(`${kind} ${name}`, reference);
    return reference;
  }

  /** Makes a change that was made elsewhere. */
  apply({ kind, id, change }: PatternChange): void {
    const reference = this.#all.find((r) => r.kind === kind && r.id === id);
    if (reference === undefined) return;
    this.#applying = true;
    try {
      switch (change.op) {
        case "add":
          reference.add(change.key, change.value);
          break;
        case "set":
          reference.set(change.key, change.value);
          break;
        case "delete":
          reference.delete(change.key);
          break;
        case "delete entry":
          reference.deleteEntry(
            reference.find(change.key).find(({ value }) => value === change.value)?.id ?? 0,
          );
          break;
        case "set entry": {
          const entry = reference.find(change.key).find(({ value }) => value === change.before);
          if (entry !== undefined) reference.setEntry(entry, change.value);
          break;
        }
        case "clear":
          reference.clear();
          break;
        case "replace":
          reference.replace(change.entries);
      }
    } finally {
      this.#applying = false;
    }
  }
}
