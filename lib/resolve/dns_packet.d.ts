/** The part of npm:dns-packet that message.ts uses; the package has no types of its own. */
import type { Buffer } from "node:buffer";

export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface ResourceRecord {
  readonly name: string;
  readonly type: string;
  readonly data?: unknown;
}

export interface DecodedPacket {
  readonly id: number;
  readonly type: "query" | "response";
  readonly flags: number;
  readonly flag_tc: boolean;
  readonly opcode: string;
  readonly rcode: string;
  readonly questions: readonly { readonly name: string; readonly type: string }[];
  readonly answers: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

declare const packet: {
  readonly RECURSION_DESIRED: number;
  encode(packet: object): Buffer;
  decode(bytes: Buffer): DecodedPacket;
};
export default packet;
