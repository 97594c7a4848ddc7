/** The `Forwarded` field (RFC 7239 section 4): its pairs, nodes and their parts. */

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PAIR = new RegExp(
  `[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*)"))?` +
    `[ \\t]*([;,]|$)`,
  "y",
);
const OBFUSCATED = "_[A-Za-z0-9._-]+";
const NODE = new RegExp(
  `^(?:([0-9.]+)|\\[([0-9a-fA-F:.]+)\\]|(unknown)|(${OBFUSCATED}))(?::(?:([0-9]{1,5})|(${OBFUSCATED})))?$`,
  "i",
);
const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(?::[0-9]*)?$/;

/** What one proxy has said: lower-case names and values without quotes. */
export type ForwardedElement = ReadonlyMap<string, string>;

/** A node taken apart: an address as text, `unknown`, or a name with its underscore; and the port. */
export interface Node {
  readonly address?: string;
  readonly name?: string;
  readonly port?: number;
  readonly portName?: string;
}

/** A node (section 6); undefined when it is none. */
export function parseNode(text: string): Node | undefined {
  const found = NODE.exec(text);
  if (found === null) return undefined;
  const [, four, six, unknown, name, port, portName] = found;
  return {
    address: four ?? six,
    name: unknown === undefined ? name : "unknown",
    port: port === undefined ? undefined : Number(port),
    portName,
  };
}

/** What must be true of the values of the four parameters that the RFC names. */
const CHECKS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ["for", (value: string) => parseNode(value) !== undefined],
  ["by", (value: string) => parseNode(value) !== undefined],
  ["host", (value: string) => value !== "" && HOST.test(value)],
  ["proto", (value: string) => value === "http" || value === "https"],
]);

/** The elements of a field's value; undefined when it is not what the RFC allows. */
export function parseForwarded(value: string): ForwardedElement[] | undefined {
  const elements: Map<string, string>[] = [new Map()];
  PAIR.lastIndex = 0;
  for (;;) {
    const found = PAIR.exec(value);
    if (found === null) return undefined;
    const [, name, token, quoted, end] = found;
    const element = elements[elements.length - 1];
    if (name !== undefined) {
      const lower = name.toLowerCase();
      const text = token ?? quoted.replace(/\\(.)/g, "$1");
      // Each parameter at most once in an element.
      if (element.has(lower) || CHECKS.get(lower)?.(text) === false) return undefined;
      element.set(lower, text);
    }
    if (end === "") break;
    if (end === ",") elements.push(new Map());
  }
  return elements.some((element) => element.size === 0) ? undefined : elements;
}
