/** `protobuf` and `ungrpc` (manual 7.3.1). */
import { bytesOfLatin1 } from "../../http1/bytes.ts";
import { findProtobuf, varint, type WireType } from "../protobuf.ts";
import type { ArgSpec, ConverterRow } from "../rows.ts";
import { type Sint, SINT_MAX, SINT_MIN, toSint } from "../sample.ts";

const SECTION = "7.3.1";

interface FieldType {
  readonly wire: WireType;
  readonly read: (text: string, from: number, to: number) => Sint;
}

const signed = (n: bigint): Sint => toSint(BigInt.asIntN(64, n));
const zigzag = (n: bigint): Sint => signed((n >> 1n) ^ -(n & 1n));
const ofVarint = (turn: (n: bigint) => Sint): FieldType => ({
  wire: 0,
  read: (text, from, to) => turn(varint(text, from, to)),
});
const fixed = (wire: 1 | 5, turn: (view: DataView) => Sint): FieldType => ({
  wire,
  read: (text, from, to) => turn(new DataView(bytesOfLatin1(text.slice(from, to)).buffer)),
});

/** The part of a fraction before its point. */
function whole(value: number): Sint {
  const cut = Math.trunc(value);
  if (Number.isFinite(cut)) return toSint(BigInt(cut));
  return Number.isNaN(cut) ? 0 : cut > 0 ? SINT_MAX : SINT_MIN;
}

const TYPES: Readonly<Record<string, FieldType>> = {
  int32: ofVarint(signed),
  int64: ofVarint(signed),
  uint32: ofVarint((n) => Number(n & 0xffffffffn)),
  uint64: ofVarint(signed),
  sint32: ofVarint(zigzag),
  sint64: ofVarint(zigzag),
  bool: ofVarint(signed),
  enum: ofVarint(signed),
  fixed64: fixed(1, (view) => signed(view.getBigUint64(0, true))),
  sfixed64: fixed(1, (view) => signed(view.getBigUint64(0, true))),
  double: fixed(1, (view) => whole(view.getFloat64(0, true))),
  fixed32: fixed(5, (view) => view.getUint32(0, true)),
  sfixed32: fixed(5, (view) => view.getInt32(0, true)),
  float: fixed(5, (view) => whole(view.getFloat32(0, true))),
};

const ARGS: readonly ArgSpec[] = [
  {
    name: "field_number",
    type: "str",
    check: (v) =>
      /^[1-9][0-9]{0,8}(\.[1-9][0-9]{0,8})*$/.test(v as string)
        ? undefined
        : "numbers of fields such as 1 or 48.59.1",
  },
  { name: "field_type", type: "enum", values: Object.keys(TYPES), optional: true },
];

function row(name: string, doc: string, bodyOf: (text: string) => number): ConverterRow {
  return {
    name,
    args: ARGS,
    input: "bin",
    output: "bin",
    outputFor: ([, type]) => type === undefined ? "bin" : "sint",
    doc,
    section: SECTION,
    make: ([number, typeName]) => {
      const path = (number as string).split(".").map(Number);
      const type = typeName === undefined ? undefined : TYPES[typeName as string];
      return (value) => {
        const text = value as string;
        const from = bodyOf(text);
        const found = from < 0 ? undefined : findProtobuf(text, from, text.length, path);
        if (found === undefined) return undefined;
        if (type === undefined) return text.slice(found.from, found.to);
        return type.wire === found.wire ? type.read(text, found.from, found.to) : undefined;
      };
    },
  };
}

/** A gRPC message has five bytes before it: whether it is compressed, and its length. */
const GRPC_HEADER = 5;

export const PROTOBUF_CONVERTERS: readonly ConverterRow[] = [
  row(
    "protobuf",
    "a field of a Protocol Buffers message, raw or by its type as an integer",
    () => 0,
  ),
  row(
    "ungrpc",
    "a field of a gRPC message, raw or by its type as an integer",
    (text) => text.length < GRPC_HEADER || text.charCodeAt(0) !== 0 ? -1 : GRPC_HEADER,
  ),
];
