/** Arguments of fetches and converters: from text to checked values, by their rows. */
import { latin1OfText } from "../http1/bytes.ts";
import { fromBase64 } from "./base64.ts";
import { mask4, mask6, parseIp, parseIp4, parseIp6 } from "./ip.ts";
import type { ArgNode, CallNode } from "./parse.ts";
import type { ArgSpec, ArgValue } from "./rows.ts";
import { readSint } from "./sample.ts";
import { type Variable, variableNamed } from "./variables.ts";

/** A mistake in argument `index` (or in their number, when there is no such argument). */
export interface ArgError {
  readonly error: string;
  readonly arg?: ArgNode;
  readonly allowed?: string;
  /** an `enum`'s words, for a suggestion */
  readonly words?: readonly string[];
}

/** `(<name>[,<occ>])`: how the arguments are written, for messages and help. */
export function signature(args: readonly ArgSpec[]): string {
  if (args.length === 0) return "";
  let text = "";
  let open = 0;
  args.forEach((arg, i) => {
    if (arg.optional) {
      text += "[";
      open++;
    }
    text += `${i > 0 ? "," : ""}<${arg.name}>`;
  });
  return `(${text}${"]".repeat(open)})`;
}

/** Reads and checks the arguments of a call; `sink` gets each mistake. Answers undefined after a mistake. */
export function readArgs(
  call: CallNode,
  specs: readonly ArgSpec[],
  sink: (error: ArgError) => void,
): ArgValue[] | undefined {
  if (call.args.length > specs.length) {
    const allowed = specs.length === 0 ? "no argument" : `${call.name}${signature(specs)}`;
    sink({ error: `too many arguments for '${call.name}'`, arg: call.args[specs.length], allowed });
    return undefined;
  }
  const values: ArgValue[] = [];
  let good = true;
  specs.forEach((spec, i) => {
    const arg = call.args[i];
    // An optional argument may be skipped by leaving it empty; an empty string is a string.
    if (arg === undefined || (arg.length === 0 && spec.optional && !spec.mayBeEmpty)) {
      if (!spec.optional) {
        sink({
          error: `missing argument <${spec.name}> for '${call.name}'`,
          allowed: `${call.name}${signature(specs)}`,
        });
        good = false;
      }
      values.push(undefined);
      return;
    }
    const read = readValue(arg.text, spec);
    const error = typeof read === "object" && "error" in read ? read : checked(read, spec);
    if (error !== undefined) {
      sink({ ...error, error: `${error.error} as <${spec.name}> of '${call.name}'`, arg });
      good = false;
    } else values.push(read as ArgValue);
  });
  return good ? values : undefined;
}

function checked(value: ArgValue, spec: ArgSpec): ArgError | undefined {
  const allowed = spec.check?.(value);
  return allowed === undefined ? undefined : { error: `'${value}' may not stand`, allowed };
}

function readVariable(text: string, or = ""): Variable | ArgError {
  const variable = variableNamed(text);
  if (typeof variable !== "string") return variable;
  return { error: `'${text}' may not stand`, allowed: or + variable };
}

function readValue(text: string, spec: ArgSpec): ArgValue | ArgError {
  switch (spec.type) {
    case "int": {
      if (/^[-+]?[0-9]+$/.test(text)) {
        const value = Number(text);
        if (Number.isSafeInteger(value)) return value;
      }
      return { error: `'${text}' may not stand`, allowed: "an integer" };
    }
    case "ip":
      return parseIp(text) ??
        { error: `'${text}' may not stand`, allowed: "an IPv4 or IPv6 address" };
    case "mask4": {
      const value = readMask4(text);
      return value >= 0
        ? value
        : { error: `'${text}' may not stand`, allowed: "an IPv4 mask (255.255.255.0 or 24)" };
    }
    case "mask6":
      return readMask6(text) ??
        { error: `'${text}' may not stand`, allowed: "an IPv6 mask (ffff:ffff:: or 64)" };
    case "variable":
      return readVariable(text);
    case "operand":
      if (/^[-+]?[0-9]{1,40}$/.test(text)) return readSint(text);
      return readVariable(text, "an integer, or a variable: ");
    case "key": {
      const variable = variableNamed(text);
      if (typeof variable !== "string") return variable;
      return fromBase64(text) ??
        {
          error: `'${text}' may not stand`,
          allowed: `a text in base64, or a variable: ${variable}`,
        };
    }
    case "enum":
      return spec.values!.includes(text) ? text : {
        error: `'${text}' may not stand`,
        allowed: spec.values!.join(", "),
        words: spec.values,
      };
    default:
      return latin1OfText(text);
  }
}

/** A mask as bits (`24`) or dotted (`255.255.255.0`, contiguous or not); -1 when it is none. */
export function readMask4(text: string): number {
  if (/^[0-9]{1,2}$/.test(text)) return Number(text) <= 32 ? mask4(Number(text)) : -1;
  return parseIp4(text);
}

/** A mask as bits (`64`) or as an address (`ffff:ffff::`). */
export function readMask6(text: string) {
  if (/^[0-9]{1,3}$/.test(text)) return Number(text) <= 128 ? mask6(Number(text)) : undefined;
  return parseIp6(text);
}
