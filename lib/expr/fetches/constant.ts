/** Fetches that give a constant (manual 7.3.2). Usable everywhere. */
import type { FetchRow } from "../rows.ts";
import { readSint, type Value } from "../sample.ts";

const SECTION = "7.3.2";

export const CONSTANT_FETCHES: readonly FetchRow[] = [
  {
    name: "always_true",
    args: [],
    type: "bool",
    needs: "nothing",
    doc: "always true",
    section: SECTION,
    make: () => () => true,
  },
  {
    name: "always_false",
    args: [],
    type: "bool",
    needs: "nothing",
    doc: "always false",
    section: SECTION,
    make: () => () => false,
  },
  {
    name: "bool",
    args: [{ name: "bool", type: "enum", values: ["true", "false", "1", "0"] }],
    type: "bool",
    needs: "nothing",
    doc: "a constant boolean",
    section: SECTION,
    make: ([text]) => {
      const value = text === "true" || text === "1";
      return () => value;
    },
  },
  {
    name: "int",
    args: [{
      name: "integer",
      type: "str",
      check: (v) => /^[-+]?[0-9]{1,40}$/.test(String(v)) ? undefined : "an integer",
    }],
    type: "sint",
    needs: "nothing",
    doc: "a constant integer",
    section: SECTION,
    make: ([text]) => {
      const value = readSint(text as string);
      return () => value;
    },
  },
  {
    name: "str",
    args: [{ name: "string", type: "str", optional: true }],
    type: "str",
    needs: "nothing",
    doc: "a constant string",
    section: SECTION,
    make: ([text]) => {
      const value = (text ?? "") as string;
      return () => value;
    },
  },
  {
    name: "bin",
    args: [{
      name: "hex",
      type: "str",
      check: (v) =>
        /^([0-9a-fA-F]{2})+$/.test(String(v)) ? undefined : "an even number of hexadecimal digits",
    }],
    type: "bin",
    needs: "nothing",
    doc: "constant bytes, written in hexadecimal",
    section: SECTION,
    make: ([text]) => {
      const value = (text as string).replace(
        /../g,
        (pair) => String.fromCharCode(parseInt(pair, 16)),
      );
      return () => value;
    },
  },
  {
    name: "meth",
    args: [{ name: "method", type: "str" }],
    type: "meth",
    needs: "nothing",
    doc: "a constant method",
    section: SECTION,
    make: ([text]) => () => text as string,
  },
  {
    name: "ipv4",
    args: [{
      name: "ipv4",
      type: "ip",
      check: (v) => typeof v === "number" ? undefined : "an IPv4 address",
    }],
    type: "ip",
    needs: "nothing",
    doc: "a constant IPv4 address",
    section: SECTION,
    make: ([ip]) => () => ip as Value,
  },
  {
    name: "ipv6",
    args: [{
      name: "ipv6",
      type: "ip",
      check: (v) => typeof v === "object" ? undefined : "an IPv6 address",
    }],
    type: "ip",
    needs: "nothing",
    doc: "a constant IPv6 address",
    section: SECTION,
    make: ([ip]) => () => ip as Value,
  },
];
