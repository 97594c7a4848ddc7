/** The first packet of an MQTT connection: CONNECT and CONNACK of versions 3.1, 3.1.1 and 5.0 (OASIS). */

export type MqttValue = number | string;

export interface MqttPacket {
  readonly type: 1 | 2;
  readonly fields: ReadonlyMap<string, MqttValue>;
  /** version 5: by number */
  readonly properties: ReadonlyMap<number, MqttValue>;
}

type PropertyKind = "byte" | "two" | "four" | "text";

/** The properties that a packet may have (MQTT 5.0 section 2.2.2.2), without User Property. */
export const CONNECT_PROPERTIES: ReadonlyMap<number, PropertyKind> = new Map([
  [17, "four"],
  [21, "text"],
  [22, "text"],
  [23, "byte"],
  [25, "byte"],
  [33, "two"],
  [34, "two"],
  [39, "four"],
]);
export const WILL_PROPERTIES: ReadonlyMap<number, PropertyKind> = new Map([
  [1, "byte"],
  [2, "four"],
  [3, "text"],
  [8, "text"],
  [9, "text"],
  [24, "four"],
]);
export const CONNACK_PROPERTIES: ReadonlyMap<number, PropertyKind> = new Map([
  [17, "four"],
  [18, "text"],
  [19, "two"],
  [21, "text"],
  [22, "text"],
  [26, "text"],
  [28, "text"],
  [31, "text"],
  [33, "two"],
  [34, "two"],
  [36, "byte"],
  [37, "byte"],
  [39, "four"],
  [40, "byte"],
  [41, "byte"],
  [42, "byte"],
]);
const USER_PROPERTY = 38;

/** Reads from front to back; once something is missing, `failed` is set and answers mean nothing. */
class Reader {
  readonly #text: string;
  readonly #end: number;
  at: number;
  failed = false;

  constructor(text: string, from: number, to: number) {
    this.#text = text;
    this.at = from;
    this.#end = to;
  }

  get left(): number {
    return this.#end - this.at;
  }

  number(bytes: number): number {
    if (this.left < bytes) this.failed = true;
    let n = 0;
    for (let i = 0; i < bytes; i++) n = n * 256 + this.#text.charCodeAt(this.at++);
    return n;
  }

  /** two bytes of length, and so many bytes */
  text(): string {
    return this.take(this.number(2));
  }

  take(bytes: number): string {
    if (this.failed || this.left < bytes) {
      this.failed = true;
      return "";
    }
    this.at += bytes;
    return this.#text.slice(this.at - bytes, this.at);
  }

  /** a variable byte integer of four bytes at most */
  variable(): number {
    let n = 0;
    for (let i = 0; i < 4; i++) {
      const byte = this.number(1);
      if (this.failed) return 0;
      n += (byte & 127) * 128 ** i;
      if (byte < 128) return n;
    }
    this.failed = true;
    return 0;
  }

  part(bytes: number): Reader {
    const from = this.at;
    this.take(bytes);
    const part = new Reader(this.#text, from, this.failed ? from : from + bytes);
    part.failed = this.failed;
    return part;
  }
}

/** The packet that `text` begins with; undefined when it is not complete yet, null when it is none of the two. */
export function parseMqtt(text: string): MqttPacket | undefined | null {
  if (text.length < 2) return undefined;
  const first = text.charCodeAt(0);
  if (first !== 0x10 && first !== 0x20) return null;
  const header = new Reader(text, 1, text.length);
  const length = header.variable();
  if (header.failed) return text.length < 5 ? undefined : null;
  if (header.left < length) return undefined;
  const body = header.part(length);
  const packet = first === 0x10 ? readConnect(body) : readConnack(body);
  return body.failed || body.left > 0 ? null : packet;
}

function readProperties(
  reader: Reader,
  known: ReadonlyMap<number, PropertyKind>,
  into: Map<number, MqttValue>,
): void {
  const part = reader.part(reader.variable());
  while (part.left > 0 && !part.failed) {
    const id = part.variable();
    const kind = known.get(id);
    if (id === USER_PROPERTY) {
      part.text();
      part.text();
    } else if (kind === undefined || into.has(id)) part.failed = true;
    else if (kind === "text") into.set(id, part.text());
    else into.set(id, part.number(kind === "byte" ? 1 : kind === "two" ? 2 : 4));
  }
  if (part.failed) reader.failed = true;
}

const NAMES: Readonly<Record<number, string>> = { 3: "MQIsdp", 4: "MQTT", 5: "MQTT" };

function readConnect(reader: Reader): MqttPacket {
  const fields = new Map<string, MqttValue>();
  const properties = new Map<number, MqttValue>();
  const name = reader.text();
  const version = reader.number(1);
  const flags = reader.number(1);
  fields.set("protocol_name", name).set("protocol_version", version).set("flags", flags);
  fields.set("keepalive", reader.number(2));
  if (NAMES[version] !== name || (flags & 1) !== 0) reader.failed = true;
  if (version === 5) readProperties(reader, CONNECT_PROPERTIES, properties);
  fields.set("client_identifier", reader.text());
  if ((flags & 4) !== 0) {
    if (version === 5) readProperties(reader, WILL_PROPERTIES, properties);
    fields.set("will_topic", reader.text()).set("will_payload", reader.text());
  } else if ((flags & 0x38) !== 0) reader.failed = true;
  if ((flags & 0x80) !== 0) fields.set("username", reader.text());
  if ((flags & 0x40) !== 0) fields.set("password", reader.text());
  return { type: 1, fields, properties };
}

function readConnack(reader: Reader): MqttPacket {
  const fields = new Map<string, MqttValue>();
  const properties = new Map<number, MqttValue>();
  const flags = reader.number(1);
  fields.set("flags", flags).set("reason_code", reader.number(1));
  // Only version 5 has something behind these two bytes.
  fields.set("protocol_version", reader.left > 0 ? 5 : 4);
  if ((flags & 0xfe) !== 0) reader.failed = true;
  if (reader.left > 0) readProperties(reader, CONNACK_PROPERTIES, properties);
  return { type: 2, fields, properties };
}
