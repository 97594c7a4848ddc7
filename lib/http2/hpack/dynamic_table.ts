/**
 * The dynamic table of HPACK (RFC 7541 sections 2.3.2 and 4): a ring of entries, the newest first.
 *
 * Laws: the sum of the entries' sizes never exceeds `limit`; an entry that is larger than the limit empties the
 * table and is not kept.
 */

/** What an entry costs beside its bytes. */
export const ENTRY_COST = 32;

export class DynamicTable {
  #names: string[] = [];
  #values: string[] = [];
  /** ring: position of the oldest entry, and number of entries */
  #first = 0;
  #count = 0;
  #size = 0;
  #limit: number;
  /** entries that were ever put in: the newest one's serial number plus 1 */
  #inserted = 0;
  readonly #onEvict: ((name: string, value: string, serial: number) => void) | undefined;

  /** `onEvict` is told of each entry that leaves, with its serial number. */
  constructor(
    limit: number,
    onEvict?: (name: string, value: string, serial: number) => void,
  ) {
    this.#limit = limit;
    this.#onEvict = onEvict;
  }

  get count(): number {
    return this.#count;
  }
  get size(): number {
    return this.#size;
  }
  get limit(): number {
    return this.#limit;
  }
  get inserted(): number {
    return this.#inserted;
  }

  /** Name of entry `index`, 0 being the newest; undefined when there is none. */
  name(index: number): string | undefined {
    return index < this.#count ? this.#names[this.#place(index)] : undefined;
  }

  /** Value of an entry that exists. */
  value(index: number): string {
    return this.#values[this.#place(index)];
  }

  #place(index: number): number {
    return (this.#first + this.#count - 1 - index) % this.#names.length;
  }

  add(name: string, value: string): void {
    const size = name.length + value.length + ENTRY_COST;
    this.#shrink(this.#limit - size);
    if (size > this.#limit) return;
    if (this.#count === this.#names.length) this.#grow();
    const place = (this.#first + this.#count) % this.#names.length;
    this.#names[place] = name;
    this.#values[place] = value;
    this.#count++;
    this.#inserted++;
    this.#size += size;
  }

  setLimit(limit: number): void {
    this.#limit = limit;
    this.#shrink(limit);
  }

  #shrink(most: number): void {
    while (this.#count > 0 && this.#size > most) {
      const name = this.#names[this.#first];
      const value = this.#values[this.#first];
      this.#onEvict?.(name, value, this.#inserted - this.#count);
      this.#names[this.#first] = this.#values[this.#first] = "";
      this.#size -= name.length + value.length + ENTRY_COST;
      this.#first = (this.#first + 1) % this.#names.length;
      this.#count--;
    }
  }

  #grow(): void {
    const names: string[] = [];
    const values: string[] = [];
    for (let i = this.#count - 1; i >= 0; i--) {
      names.push(this.#names[this.#place(i)]);
      values.push(this.#values[this.#place(i)]);
    }
    const more = Math.max(8, this.#count);
    for (let i = 0; i < more; i++) {
      names.push("");
      values.push("");
    }
    this.#names = names;
    this.#values = values;
    this.#first = 0;
  }
}
