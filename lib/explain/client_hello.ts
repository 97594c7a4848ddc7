/** The first bytes of a TLS client that names a server: for rules that route by SNI without ending TLS. */

const bytes16 = (n: number) => [n >> 8, n & 255];

/** A vector with a length of two bytes before it (RFC 8446 section 3.4). */
const vector16 = (content: readonly number[]) => [...bytes16(content.length), ...content];

const textBytes = (text: string) => [...new TextEncoder().encode(text)];

/**
 * A ClientHello (RFC 8446 section 4.1.2) of TLS 1.3 that offers 1.2 as well, with `name` as SNI (RFC 6066 section 3)
 * and `h2` and `http/1.1` as protocols (RFC 7301). Its random bytes are zero: nobody goes on with it.
 */
export function clientHello(name: string): Uint8Array {
  const host = textBytes(name);
  const extension = (type: number, content: readonly number[]) => [
    ...bytes16(type),
    ...vector16(content),
  ];
  const protocols = ["h2", "http/1.1"].flatMap((each) => [each.length, ...textBytes(each)]);
  const extensions = [
    ...extension(0, vector16([0, ...vector16(host)])),
    // groups x25519 and P-256, two signature algorithms, the protocols, versions 1.3 and 1.2
    ...extension(10, vector16([0, 29, 0, 23])),
    ...extension(13, vector16([8, 4, 4, 3])),
    ...extension(16, vector16(protocols)),
    ...extension(43, [4, 3, 4, 3, 3]),
  ];
  const body = [
    ...[3, 3],
    ...new Array<number>(32).fill(0),
    0,
    ...vector16([0x13, 1, 0xc0, 0x2f]),
    ...[1, 0],
    ...vector16(extensions),
  ];
  const message = [1, 0, ...bytes16(body.length), ...body];
  return new Uint8Array([22, 3, 1, ...vector16(message)]);
}
