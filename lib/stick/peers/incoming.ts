/** What one node learns from another: definitions, updates, and what is to be confirmed. It knows no socket. */
import { DT } from "../../config/stick_data.ts";
import { fitsKeys, readDefinition, type TableDefinition } from "./definition.ts";
import { PeerBytes, PeerWriter } from "./encoding.ts";
import { type PeerMessage, TABLE, writeTableMessage } from "./messages.ts";
import { type Progress, progressOf, type SharedTable } from "./shared_table.ts";
import { applyUpdate, readUpdate } from "./update.ts";

/** What `write-to` writes: data that nobody counts with. */
const PLAIN: ReadonlySet<number> = new Set([DT.server_id, DT.server_key, DT.gpt0, DT.gpt]);

/** Most tables that a peer may define. */
const MAX_TABLES = 1024;

interface KnownTable {
  readonly definition: TableDefinition;
  /** undefined: this node has no such table */
  readonly shared: SharedTable | undefined;
  /** number of the last update, and of the one that was confirmed last */
  last: number;
  confirmed: number;
}

export interface IncomingOptions {
  readonly tables: readonly SharedTable[];
  readonly progress: Progress;
  readonly wall: () => number;
  /** a table that this node has otherwise is told of once */
  readonly onMismatch: (table: string) => void;
}

export class PeerIncoming {
  readonly #options: IncomingOptions;
  readonly #known = new Map<number, KnownTable>();
  readonly #names = new Map<number, string>();
  #current: KnownTable | undefined;
  /** entries that were learned */
  learned = 0;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** The table of the last update, for `show peers`. */
  get lastTable(): string | undefined {
    return this.#current?.definition.name;
  }

  /** The peer's number of a table of this node; 0: it has told of none. */
  remoteId(name: string): number {
    for (const { definition } of this.#known.values()) {
      if (definition.name === name) return definition.id;
    }
    return 0;
  }

  /** Takes a message about tables; false: it is broken, and the connection with it. */
  take({ type, body }: PeerMessage): boolean {
    if (body === undefined) return false;
    switch (type) {
      case TABLE.definition:
        return this.#define(body);
      case TABLE.switch:
        this.#current = this.#known.get(new PeerBytes(body).number());
        return true;
      case TABLE.update:
        return this.#update(body, true, false);
      case TABLE.incremental:
        return this.#update(body, false, false);
      case TABLE.timedUpdate:
        return this.#update(body, true, true);
      case TABLE.timedIncremental:
        return this.#update(body, false, true);
      case TABLE.ack:
        return this.#confirm(body);
      default:
        // A later version of the protocol: what it means is not known, how long it is, is.
        return true;
    }
  }

  #define(body: Uint8Array): boolean {
    const definition = readDefinition(body);
    if (definition === undefined) return false;
    const known = this.#known.get(definition.id);
    if (known === undefined && this.#known.size >= MAX_TABLES) return false;
    const own = this.#options.tables.find(({ name }) => name === definition.name);
    const fits = own !== undefined && fitsKeys(definition, own.table.config);
    if (own !== undefined && !fits) this.#options.onMismatch(own.table.name);
    const got = own === undefined ? 0 : progressOf(this.#options.progress, own.name).got;
    this.#current = {
      definition,
      shared: fits ? own : undefined,
      last: known?.last ?? got,
      confirmed: known?.confirmed ?? got,
    };
    this.#known.set(definition.id, this.#current);
    return true;
  }

  #update(body: Uint8Array, numbered: boolean, timed: boolean): boolean {
    const current = this.#current;
    // An update of nothing.
    if (current === undefined) return false;
    const { shared, definition } = current;
    if (shared === undefined) {
      current.last = numbered ? new PeerBytes(body).uint32() | 0 : (current.last + 1) | 0;
      return true;
    }
    const { table } = shared;
    const update = readUpdate(
      body,
      { numbered, timed },
      table.config.type,
      definition,
      this.#names,
    );
    if (update === undefined) return false;
    current.last = update.number === undefined ? (current.last + 1) | 0 : update.number | 0;
    progressOf(this.#options.progress, shared.name).got = current.last;
    applyUpdate(table, definition, update, this.#options.wall());
    if (shared.writeTo !== undefined) {
      applyUpdate(shared.writeTo, definition, update, this.#options.wall(), PLAIN);
    }
    this.learned++;
    return true;
  }

  #confirm(body: Uint8Array): boolean {
    const bytes = new PeerBytes(body);
    const id = bytes.number();
    const number = bytes.uint32() | 0;
    if (bytes.failed) return false;
    const shared = this.#options.tables.find((each) => each.id === id);
    if (shared === undefined) return true;
    const progress = progressOf(this.#options.progress, shared.name);
    // A number from the future would make this node skip changes.
    if (((progress.pushed - number) | 0) >= 0) progress.acked = number;
    return true;
  }

  /** Appends what is to be confirmed since the last time. */
  confirm(into: PeerWriter): void {
    for (const known of this.#known.values()) {
      if (known.last === known.confirmed) continue;
      known.confirmed = known.last;
      const body = new PeerWriter(16);
      body.number(known.definition.id);
      body.uint32(known.last);
      writeTableMessage(into, TABLE.ack, body.written);
    }
  }
}
