/** The examples of RFC 7541 appendix C: what they say is what is decoded, and the table is what they say it is. */
import assert from "node:assert/strict";
import { FieldList } from "../../../lib/http2/field_list.ts";
import { HpackDecoder } from "../../../lib/http2/hpack/decoder.ts";
import { Cursor, readInteger, writeInteger } from "../../../lib/http2/hpack/integer.ts";
import { decodeHuffman, encodeHuffman, huffmanLength } from "../../../lib/http2/hpack/huffman.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replace(/\s/g, ""));

const CUSTOM = "custom-key: custom-header";
const REQUESTS = [
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
  [
    ":method: GET",
    ":scheme: http",
    ":path: /",
    ":authority: www.example.com",
    "cache-control: no-cache",
  ],
  [
    ":method: GET",
    ":scheme: https",
    ":path: /index.html",
    ":authority: www.example.com",
    "custom-key: custom-value",
  ],
];
const DATE = "date: Mon, 21 Oct 2013 20:13:21 GMT";
const LOCATION = "location: https://www.example.com";
const RESPONSES = [
  [":status: 302", "cache-control: private", DATE, LOCATION],
  [":status: 307", "cache-control: private", DATE, LOCATION],
  [
    ":status: 200",
    "cache-control: private",
    "date: Mon, 21 Oct 2013 20:13:22 GMT",
    LOCATION,
    "content-encoding: gzip",
    "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  ],
];

/** Blocks in hexadecimal, with the fields they stand for and the size of the table after them. */
const CASES: readonly {
  readonly name: string;
  readonly limit?: number;
  readonly blocks: readonly (readonly [string, readonly string[], number])[];
}[] = [
  {
    name: "C.2.1 a literal that is indexed",
    blocks: [["400a637573746f6d2d6b65790d637573746f6d2d686561646572", [CUSTOM], 55]],
  },
  {
    name: "C.2.2 a literal that is not indexed",
    blocks: [["040c2f73616d706c652f70617468", [":path: /sample/path"], 0]],
  },
  {
    name: "C.2.3 a literal that is never indexed",
    blocks: [["100870617373776f726406736563726574", ["password: secret"], 0]],
  },
  { name: "C.2.4 an indexed field", blocks: [["82", [":method: GET"], 0]] },
  {
    name: "C.3 requests without Huffman code",
    blocks: [
      ["828684410f7777772e6578616d706c652e636f6d", REQUESTS[0], 57],
      ["828684be58086e6f2d6361636865", REQUESTS[1], 110],
      ["828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", REQUESTS[2], 164],
    ],
  },
  {
    name: "C.4 requests with Huffman code",
    blocks: [
      ["828684418cf1e3c2e5f23a6ba0ab90f4ff", REQUESTS[0], 57],
      ["828684be5886a8eb10649cbf", REQUESTS[1], 110],
      ["828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", REQUESTS[2], 164],
    ],
  },
  {
    name: "C.5 responses without Huffman code, in a table of 256 bytes",
    limit: 256,
    blocks: [
      [
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54" +
        "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        RESPONSES[0],
        222,
      ],
      ["4803333037c1c0bf", RESPONSES[1], 222],
      [
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f" +
        "3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076" +
        "657273696f6e3d31",
        RESPONSES[2],
        215,
      ],
    ],
  },
  {
    name: "C.6 responses with Huffman code, in a table of 256 bytes",
    limit: 256,
    blocks: [
      [
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f" +
        "0b97c8e9ae82ae43d3",
        RESPONSES[0],
        222,
      ],
      ["4883640effc1c0bf", RESPONSES[1], 222],
      [
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335df" +
        "dfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        RESPONSES[2],
        215,
      ],
    ],
  },
];

for (const { name, limit, blocks } of CASES) {
  Deno.test(`RFC 7541 ${name}`, () => {
    const decoder = new HpackDecoder(limit ?? 4096);
    const list = new FieldList();
    for (const [block, fields, size] of blocks) {
      const bytes = hex(block);
      list.clear();
      assert.equal(decoder.decode(bytes, 0, bytes.length, list), 0);
      assert.deepEqual(
        Array.from({ length: list.count }, (_, i) => `${list.names[i]}: ${list.values[i]}`),
        fields,
      );
      assert.equal(decoder.table.size, size);
    }
  });
}

Deno.test("RFC 7541 C.1: integers are written and read as the examples say", () => {
  const cases: [number, number, string][] = [[10, 5, "0a"], [1337, 5, "1f9a0a"], [42, 8, "2a"]];
  for (const [value, prefix, bytes] of cases) {
    const out = new Uint8Array(8);
    const end = writeInteger(out, 0, 0, prefix, value);
    assert.equal(out.subarray(0, end).toHex(), bytes);
    const cursor = new Cursor();
    cursor.bytes = out;
    cursor.end = end;
    assert.equal(readInteger(cursor, prefix), value);
    assert.equal(cursor.at, end);
  }
});

Deno.test("integers that are cut off or too large are refused", () => {
  for (const text of ["1f", "1f80", "1f8080808080808001", "1fffffffff7f"]) {
    const cursor = new Cursor();
    cursor.bytes = hex(text);
    cursor.end = cursor.bytes.length;
    assert.equal(readInteger(cursor, 5), -1, text);
  }
});

Deno.test("every byte survives Huffman's code, and the length is known before", () => {
  const text = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
  for (const each of ["", "a", "www.example.com", text, text + text]) {
    const out = new Uint8Array(huffmanLength(each));
    assert.equal(encodeHuffman(each, out, 0), out.length);
    const back = new Uint8Array(each.length + 1);
    const end = decodeHuffman(out, 0, out.length, back, 0);
    assert.equal(String.fromCharCode(...back.subarray(0, end)), each);
  }
  assert.equal(
    (() => {
      const out = new Uint8Array(12);
      encodeHuffman("www.example.com", out, 0);
      return out.toHex();
    })(),
    "f1e3c2e5f23a6ba0ab90f4ff",
  );
});

Deno.test("padding that is no beginning of EOS, or too long, and EOS itself are refused", () => {
  const out = new Uint8Array(16);
  // 'a' is 00011: three bits of padding
  assert.equal(decodeHuffman(hex("1f"), 0, 1, out, 0), 1);
  assert.equal(decodeHuffman(hex("1e"), 0, 1, out, 0), -1);
  assert.equal(decodeHuffman(hex("1fff"), 0, 2, out, 0), -1);
  assert.equal(decodeHuffman(hex("ffffffff"), 0, 4, out, 0), -1);
});
