/** Samples as keys of a stick table (manual 4.2 `stick-table type`). */
import type { StickKeyType } from "../config/model_stick.ts";
import type { StickKey } from "../stick/key.ts";
import type { StickTable } from "../stick/table.ts";
import { formatIp, type Ip, Ip6, mapped4 } from "./ip.ts";
import { type Cast, castOf, type FixedType, type SampleType, type Value } from "./sample.ts";

/** A sample as a key; undefined: this one cannot be. */
export type ToKey = (value: Value) => StickKey | undefined;

const SAMPLE_TYPES: Readonly<Record<StickKeyType, FixedType>> = {
  ip: "ip",
  ipv6: "ip",
  integer: "sint",
  string: "str",
  binary: "bin",
};

/** Turns samples of type `from` into keys of type `to`; undefined: no such sample can be one. */
export function keyCast(from: SampleType, to: StickKeyType): ToKey | undefined {
  const cast = castOf(from, SAMPLE_TYPES[to]);
  return cast === undefined ? undefined : finish(cast, to);
}

function finish(cast: Cast, to: StickKeyType): ToKey {
  switch (to) {
    case "ip":
      return (value) => {
        const ip = cast(value);
        if (ip === undefined) return undefined;
        const four = mapped4(ip as Ip);
        return four < 0 ? undefined : four;
      };
    case "ipv6":
      return (value) => {
        const ip = cast(value);
        return typeof ip === "number" ? new Ip6(0, 0, 0xffff, ip) : ip as Ip6 | undefined;
      };
    case "integer":
      return (value) => {
        const number = cast(value);
        return typeof number === "bigint"
          ? Number(BigInt.asIntN(32, number))
          : number as number | undefined;
      };
  }
  return (value) => cast(value) as string | undefined;
}

/** A key as the runtime socket shows it. */
export function keyText(table: StickTable, key: StickKey): string {
  switch (table.config.type) {
    case "ip":
      return formatIp(key as Ip);
    case "ipv6": {
      const { a, b, c, d } = key as Ip6;
      return formatIp(new Ip6(a, b, c, d));
    }
    case "integer":
      return String(key);
    case "string":
      return escape(key as string);
    case "binary":
      return [...key as string].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("")
        .toUpperCase();
  }
}

/** What would part words or lines is written in hexadecimal. */
function escape(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x20\\\x7f-\xff]/g,
    (c) =>
      c === " " || c === "\\" ? `\\${c}` : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
