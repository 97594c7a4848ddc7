/**
 * FieldList: the fields of one header block, in their order. One object serves a whole connection.
 *
 * Law: beyond `limit` (counted as RFC 9113 section 6.5.2 counts: name, value and 32 for each field) nothing is kept,
 * and `tooLarge` says so.
 */

export class FieldList {
  readonly names: string[] = [];
  readonly values: string[] = [];
  count = 0;
  size = 0;
  tooLarge = false;
  limit: number;

  constructor(limit = Infinity) {
    this.limit = limit;
  }

  clear(): void {
    this.count = this.size = 0;
    this.tooLarge = false;
  }

  add(name: string, value: string): void {
    this.size += name.length + value.length + 32;
    if (this.size > this.limit) {
      this.tooLarge = true;
      return;
    }
    this.names[this.count] = name;
    this.values[this.count++] = value;
  }

  /** Lets go of the strings; for a connection that goes idle. */
  forget(): void {
    this.clear();
    this.names.length = this.values.length = 0;
  }

  /** The value of the first field of that name. */
  get(name: string): string | undefined {
    for (let i = 0; i < this.count; i++) if (this.names[i] === name) return this.values[i];
    return undefined;
  }
}
