/** Lines as JSON objects and CBOR maps; the CBOR is that of RFC 8949 appendix A. */
import assert from "node:assert/strict";
import { compileLogFormat } from "../../lib/expr/log_format.ts";
import { encodeMembers } from "../../lib/expr/log_encoding.ts";
import { context, request, stream, told } from "./support.ts";

const wordOf = (text: string) => ({
  text,
  span: { file: "test.cfg", line: 1, column: 1, length: text.length },
});

function line(format: string, said: readonly string[] = []): string {
  const ctx = context();
  const compiled = compileLogFormat(wordOf(format), ctx, "log");
  assert.deepEqual(told(ctx), said);
  const made = stream({
    request: request(['GET /p"?q=1 HTTP/1.1', "Host: h", "A: \xe9\x7f"]),
    status: 200,
    bytesOut: 12,
  });
  return compiled!(made);
}

const JSON_LINES: readonly (readonly [string, string])[] = [
  ["%{+json}o%(client)ci %(status)ST", '{"client":"192.0.2.7","status":200}'],
  ["%{+json}o %(method)HM %(bytes)B %(server)s", '{"method":"GET","bytes":12,"server":"<NOSRV>"}'],
  ["%{+json}o%(n)[int(-5)]%(t)[bool(true)]%(s)[str(a)]", '{"n":-5,"t":true,"s":"a"}'],
  ["%{+json}o%(none)[req.hdr(none)]%(id)ID", '{"none":null,"id":null}'],
  ["%{+json}o%(n:str)[int(5)]%(m:sint)[str(7x)]%(b:bool)[int(0)]", '{"n":"5","m":7,"b":false}'],
  ["%{+json}o%(status:str)ST", '{"status":"200"}'],
  ["%{+json}o", "{}"],
];

for (const [format, expected] of JSON_LINES) {
  Deno.test(`'${format}' makes ${expected}`, () => {
    assert.equal(line(format), expected);
    JSON.parse(line(format));
  });
}

Deno.test("whatever a peer has sent, the line is valid JSON with its bytes as code points", () => {
  const made = line('%{+json}o%(a)[req.hdr(a)]%(l)[str("a\\"b\\\\\\n")]');
  assert.deepEqual(JSON.parse(made), { a: "\xe9\x7f", l: 'a"b\\\n' });
  assert.match(made, /^[\x20-\x7e]*$/);
  // What is UTF-8 is read as that.
  assert.deepEqual(JSON.parse(line("%{+json}o%(a)[bin(c3a9)]")), { a: "\xe9" });
});

Deno.test("what has no name is left out of an object, with a warning", () => {
  const said = [
    "warning 1+20: only named items, '%(name)…', are part of an object: the others are left out",
  ];
  assert.equal(line("%{+json}o%(a)ST %ci:", said), '{"a":200}');
});

Deno.test("without an encoding a name changes nothing", () => {
  assert.equal(line("%(client)ci %(n)[int(5)]"), "192.0.2.7 5");
});

Deno.test("CBOR is a map of indefinite length, in hexadecimal or as it is", () => {
  assert.equal(line("%{+cbor}o%(a)[int(1)]%(b)[str(IETF)]"), "BF61610161626449455446FF");
  assert.equal(line("%{+cbor,+bin}o%(a)[bool(false)]"), "\xbf\x61a\xf4\xff");
});

const CBOR: readonly (readonly [number | bigint | boolean | string | undefined, string])[] = [
  [0, "00"],
  [10, "0A"],
  [23, "17"],
  [24, "1818"],
  [100, "1864"],
  [1000, "1903E8"],
  [1000000, "1A000F4240"],
  [1000000000000, "1B000000E8D4A51000"],
  [9223372036854775807n, "1B7FFFFFFFFFFFFFFF"],
  [-1, "20"],
  [-10, "29"],
  [-100, "3863"],
  [-1000, "3903E7"],
  [-9223372036854775808n, "3B7FFFFFFFFFFFFFFF"],
  [false, "F4"],
  [true, "F5"],
  [undefined, "F6"],
  ["", "60"],
  ["a", "6161"],
  ['"\\', "62225C"],
  ["\xfc", "62C3BC"],
];

for (const [value, hex] of CBOR) {
  Deno.test(`${typeof value} ${value} is ${hex} in CBOR`, () => {
    const encode = encodeMembers("cbor", [{ name: "", read: () => value }], false);
    assert.equal(encode(stream()), `BF60${hex}FF`);
  });
}
