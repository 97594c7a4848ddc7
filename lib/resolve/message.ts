/**
 * DNS messages (RFC 1035, 2782, 6891): questions to bytes, bytes to answers. No I/O.
 *
 * Laws:
 * - Whatever the bytes are, `readAnswer` answers; it never throws. What it looks at is bounded by their length.
 * - Only what belongs to the question counts: its id, its name, its type, and the addresses that its name or its
 *   chain of aliases owns (RFC 5452 section 9).
 */
import { Buffer } from "node:buffer";
// @ts-types="./dns_packet.d.ts"
import packet from "dns-packet";
import type { DecodedPacket, ResourceRecord, SrvData } from "./dns_packet.d.ts";

export type RecordType = "A" | "AAAA" | "SRV";

export interface Question {
  /** 16 random bits */
  readonly id: number;
  /** without a dot at its end */
  readonly name: string;
  readonly type: RecordType;
}

/** One record of SRV (RFC 2782). */
export interface Service {
  readonly target: string;
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
}

/** What a message says, in the words of `show resolvers`. */
export type AnswerStatus =
  | "valid"
  /** there is the name, but no such record */
  | "empty"
  | "nx"
  | "refused"
  | "other"
  /** the rest is to be asked for over TCP */
  | "truncated"
  /** it is no answer that a resolver sends */
  | "invalid"
  /** it is an answer to another question */
  | "foreign";

export interface Answer {
  readonly status: AnswerStatus;
  /** addresses that the name has, each once */
  readonly addresses: readonly string[];
  readonly services: readonly Service[];
  /** addresses of the services' targets that came with them, by the target in lower case */
  readonly additional: ReadonlyMap<string, readonly string[]>;
  /** the name is an alias */
  readonly alias: boolean;
}

const HEADER = 12;
/** the shortest record: a name of one byte and ten more */
const RECORD = 11;
/** aliases of aliases that are followed */
const LONGEST_CHAIN = 16;

/** Letters, digits, hyphens and underscores in labels of 63 bytes at most, 253 in all (RFC 1035 section 2.3.4). */
export function isHostName(name: string): boolean {
  return name.length <= 253 && /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i.test(name);
}

/** A question that asks for recursion and takes answers of `payloadSize` bytes over UDP (RFC 6891). */
export function writeQuestion({ id, name, type }: Question, payloadSize: number): Uint8Array {
  return packet.encode({
    type: "query",
    id,
    flags: packet.RECURSION_DESIRED,
    questions: [{ type, name }],
    additionals: [{
      type: "OPT",
      name: ".",
      udpPayloadSize: payloadSize,
      flags: 0,
      options: [],
    }],
  });
}

function nothing(status: AnswerStatus): Answer {
  return { status, addresses: [], services: [], additional: new Map(), alias: false };
}

/** The id of a message; -1 when it is too short to have one. */
export function idOf(bytes: Uint8Array): number {
  return bytes.length < HEADER ? -1 : bytes[0] << 8 | bytes[1];
}

/** What `bytes` answer to `question`. */
export function readAnswer(bytes: Uint8Array, question: Question): Answer {
  if (idOf(bytes) !== question.id) return nothing("foreign");
  // The counts are what the sender says: they must fit in what there is.
  let records = 0;
  for (const at of [6, 8, 10]) records += bytes[at] << 8 | bytes[at + 1];
  const questions = bytes[4] << 8 | bytes[5];
  if (questions !== 1 || records * RECORD > bytes.length - HEADER) return nothing("invalid");
  let message: DecodedPacket;
  try {
    message = packet.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch {
    return nothing("invalid");
  }
  if (message.type !== "response" || message.opcode !== "QUERY") return nothing("invalid");
  const [asked] = message.questions;
  if (lower(asked.name) !== lower(question.name) || asked.type !== question.type) {
    return nothing("foreign");
  }
  if (message.rcode !== "NOERROR") {
    switch (message.rcode) {
      case "NXDOMAIN":
        return nothing("nx");
      case "REFUSED":
        return nothing("refused");
    }
    return nothing("other");
  }
  if (message.flag_tc) return nothing("truncated");
  return question.type === "SRV" ? services(message, question) : addresses(message, question);
}

/** Addresses are compared as they are written, names without regard to case (RFC 4343). */
function lower(name: string): string {
  return name.toLowerCase();
}

function* ofType(records: readonly ResourceRecord[], type: string): Iterable<ResourceRecord> {
  for (const record of records) if (record.type === type) yield record;
}

function addresses({ answers }: DecodedPacket, { name, type }: Question): Answer {
  const aliases = new Map<string, string>();
  for (const { name, data } of ofType(answers, "CNAME")) {
    if (typeof data === "string") aliases.set(lower(name), lower(data));
  }
  let owner = lower(name);
  for (let n = 0; n < LONGEST_CHAIN && aliases.has(owner); n++) owner = aliases.get(owner)!;
  const found = new Set<string>();
  for (const { name, data } of ofType(answers, type)) {
    if (lower(name) === owner && typeof data === "string") found.add(data);
  }
  return {
    ...nothing(found.size > 0 ? "valid" : "empty"),
    addresses: [...found],
    alias: aliases.size > 0,
  };
}

function services({ answers, additionals }: DecodedPacket, { name }: Question): Answer {
  const found: Service[] = [];
  for (const record of ofType(answers, "SRV")) {
    if (lower(record.name) !== lower(name)) continue;
    const { target, port, weight, priority } = record.data as SrvData;
    if (isHostName(target)) found.push({ target, port, weight, priority });
  }
  const additional = new Map<string, string[]>();
  for (const { name, type, data } of additionals) {
    if ((type !== "A" && type !== "AAAA") || typeof data !== "string") continue;
    const key = lower(name);
    additional.set(key, [...additional.get(key) ?? [], data]);
  }
  return { ...nothing(found.length > 0 ? "valid" : "empty"), services: found, additional };
}
