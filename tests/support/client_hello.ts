/** A ClientHello of TLS as clients send it, made of bytes (RFC 8446 section 4.1.2). */
export interface HelloOptions {
  readonly sni?: string;
  readonly alpn?: readonly string[];
  readonly ticket?: number;
  /** bytes of the largest record */
  readonly record?: number;
  /** bytes of an extension that nobody knows */
  readonly padding?: number;
}

const text = new TextEncoder();
const number = (value: number, size: number) =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) & 255);
const vector = (
  size: number,
  bytes: readonly number[],
) => [...number(bytes.length, size), ...bytes];

export function clientHello(options: HelloOptions = {}): Uint8Array {
  const { sni, alpn, ticket, record = 16384, padding } = options;
  const extension = (type: number, data: readonly number[]) => [
    ...number(type, 2),
    ...vector(2, data),
  ];
  const extensions = [
    ...padding === undefined ? [] : extension(21, new Array(padding).fill(0)),
    ...sni === undefined ? [] : extension(0, vector(2, [0, ...vector(2, [...text.encode(sni)])])),
    ...extension(10, vector(2, [0, 29])),
    ...alpn === undefined
      ? []
      : extension(16, vector(2, alpn.flatMap((name) => vector(1, [...text.encode(name)])))),
    ...ticket === undefined ? [] : extension(35, new Array(ticket).fill(7)),
  ];
  const body = [3, 3, ...new Array(32).fill(9), ...vector(1, []), ...vector(2, [0x13, 1])]
    .concat(vector(1, [0]), vector(2, extensions));
  const message = [1, ...vector(3, body)];
  const records: number[] = [];
  for (let at = 0; at < message.length; at += record) {
    records.push(22, 3, 1, ...vector(2, message.slice(at, at + record)));
  }
  return Uint8Array.from(records);
}
