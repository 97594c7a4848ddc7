/** Converters of the `Forwarded` field (HAProxy 2.8 manual, 7.3.1). */
import { formatIp, type Ip, Ip6, parseIp } from "../ip.ts";
import { parseForwarded, parseNode } from "../rfc7239.ts";
import type { Convert, ConverterRow } from "../rows.ts";
import { castOf, type Sint, Typed, typed } from "../sample.ts";

const SECTION = "7.3.1";
const OBFUSCATED = /^[A-Za-z0-9._-]+$/;

/** A text as an obfuscated identifier; undefined when it has characters that none may have. */
function obfuscated({ type, value }: Typed): string | undefined {
  const text = castOf(type, "str")?.(value) as string | undefined;
  return text !== undefined && OBFUSCATED.test(text) ? `_${text}` : undefined;
}

function nodeName(sample: Typed): string | undefined {
  if (sample.type === "ip") {
    const text = formatIp(sample.value as Ip);
    return sample.value instanceof Ip6 ? `[${text}]` : text;
  }
  return sample.value === "" ? "unknown" : obfuscated(sample);
}

function nodePort(sample: Typed): string | undefined {
  if (sample.type !== "sint") return obfuscated(sample);
  const port = sample.value as Sint;
  return port >= 0 && port <= 65535 ? String(port) : undefined;
}

const fromAny = (
  name: string,
  doc: string,
  run: (sample: Typed) => string | undefined,
): ConverterRow => ({
  name,
  args: [],
  input: "any",
  output: "str",
  tooLong: "fail",
  doc,
  section: SECTION,
  make: (_args, _lookup, from): Convert => (value) => run(typed(from, value)),
});

export const RFC7239_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "rfc7239_is_valid",
    args: [],
    input: "str",
    output: "bool",
    doc: "true when the string is a valid value of a Forwarded header (RFC 7239)",
    section: SECTION,
    make: () => (value) => parseForwarded(value as string) !== undefined,
  },
  {
    name: "rfc7239_field",
    args: [{ name: "field", type: "enum", values: ["proto", "host", "for", "by"] }],
    input: "str",
    output: "str",
    doc: "a parameter of the first element of a Forwarded header, without quotes",
    section: SECTION,
    make: ([field]) => (value) => parseForwarded(value as string)?.[0].get(field as string),
  },
  {
    name: "rfc7239_n2nn",
    args: [],
    input: "str",
    output: "any",
    doc: "the name of a node: an address, or a string for 'unknown' and obfuscated names",
    section: SECTION,
    make: () => (value) => {
      const node = parseNode(value as string);
      if (node?.name !== undefined) return new Typed("str", node.name);
      const ip = node && parseIp(node.address!);
      return ip === undefined ? undefined : new Typed("ip", ip);
    },
  },
  {
    name: "rfc7239_n2np",
    args: [],
    input: "str",
    output: "any",
    doc: "the port of a node: an integer, or a string for an obfuscated one",
    section: SECTION,
    make: () => (value) => {
      const node = parseNode(value as string);
      if (node?.port !== undefined && node.port <= 65535) return new Typed("sint", node.port);
      return node?.portName === undefined ? undefined : new Typed("str", node.portName);
    },
  },
  fromAny(
    "rfc7239_nn",
    "an address, or a string as an obfuscated name, as the name of a node",
    nodeName,
  ),
  fromAny(
    "rfc7239_np",
    "an integer, or a string as an obfuscated port, as the port of a node",
    nodePort,
  ),
];
