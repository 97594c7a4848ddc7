/** Converters: mistakes at load, limits, files, and properties that hold for every input. */
import assert from "node:assert/strict";
import { constants, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import { toBase64Url } from "../../lib/expr/base64.ts";
import { compileExpression } from "../../lib/expr/compile.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import { CONVERTER_ROWS } from "../../lib/expr/converters/table.ts";
import { isFixMessage } from "../../lib/expr/fix.ts";
import { findJson, jsonString, parseJsonPath } from "../../lib/expr/json_path.ts";
import { parseMqtt } from "../../lib/expr/mqtt.ts";
import { Shared } from "../../lib/expr/shared.ts";
import { Typed, type Value } from "../../lib/expr/sample.ts";
import { latin1 } from "../../lib/http1/bytes.ts";
import { context, stream, told } from "./support.ts";

const SEED = { seed: 20260101, numRuns: 300 };

const wordOf = (text: string) => ({
  text,
  span: { file: "", line: 1, column: 1, length: text.length },
});

function evaluate(expression: string, more: Partial<CompileContext> = {}): Value | undefined {
  const ctx = context(more);
  const compiled = compileExpression(wordOf(expression), ctx);
  assert.deepEqual(told(ctx), []);
  return compiled!.eval(stream());
}

const MISTAKES: readonly [expression: string, said: string[]][] = [
  ["str(a),be2dec(.)", ["alert 8+9: missing argument <chunk_size> for 'be2dec'"]],
  ["str(a),be2dec(.,9)", ["alert 17+1: '9' may not stand as <chunk_size> of 'be2dec'"]],
  ["str(a),be2dec(.,1,2)", ["alert 19+1: '2' may not stand as <truncate> of 'be2dec'"]],
  ["str(a),be2hex(:)", ["alert 8+9: 'be2hex' with a separator needs a chunk size"]],
  ["str(a),sha2(100)", ["alert 13+3: '100' may not stand as <bits> of 'sha2'"]],
  ["str(a),digest(nope)", ["alert 15+4: 'nope' may not stand as <algorithm> of 'digest'"]],
  ["str(a),digest(shake128)", ["alert 15+8: 'shake128' may not stand as <algorithm> of 'digest'"]],
  ["str(a),hmac(sha256,@@)", ["alert 20+2: '@@' may not stand as <key> of 'hmac'"]],
  ["str(a),json(utf16)", [
    "alert 13+5: 'utf16' may not stand as <input-code> of 'json' [nearest: utf8]",
  ]],
  ["str(a),json_query(a)", ["alert 19+1: 'a' may not stand as <json_path> of 'json_query'"]],
  ["str(a),json_query('$.a',str)", [
    "alert 25+3: 'str' may not stand as <output_type> of 'json_query'",
  ]],
  ["str(a),regsub((,x)", ["alert 8+11: regex '(' is refused: missing closing ): `(`"]],
  ["str(a),regsub(a,x,q)", ["alert 19+1: 'q' may not stand as <flags> of 'regsub'"]],
  ["int(1),http_date(0,h)", [
    "alert 20+1: 'h' may not stand as <unit> of 'http_date'",
  ]],
  ["int(1),utime", ["alert 8+5: missing argument <format> for 'utime'"]],
  ["str(a),fix_tag_value(foo)", ["alert 22+3: 'foo' may not stand as <tag> of 'fix_tag_value'"]],
  ["str(a),mqtt_field_value(3,flags)", [
    "alert 25+1: '3' may not stand as <packettype> of 'mqtt_field_value'",
  ]],
  ["str(a),mqtt_field_value(2,username)", [
    "alert 8+28: 'username' is no field of an MQTT CONNACK packet",
  ]],
  ["str(a),protobuf(0)", ["alert 17+1: '0' may not stand as <field_number> of 'protobuf'"]],
  ["str(a),protobuf(1,string)", [
    "alert 19+6: 'string' may not stand as <field_type> of 'protobuf'",
  ]],
  ["str(a),protobuf(1,int32),hex", []],
  ["str(a),protobuf(1,int32),ipmask(8)", []],
  ["str(a),aes_gcm_dec(100,AAAA,AAAA,AAAA)", [
    "alert 20+3: '100' may not stand as <bits> of 'aes_gcm_dec'",
  ]],
  ["str(a),jwt_verify(HS255,x)", ["alert 19+5: 'HS255' may not stand as <alg> of 'jwt_verify'"]],
  ["str(a),jwt_verify(RS256,none.pem)", [
    "alert 8+26: file 'none.pem' of 'jwt_verify' cannot be read",
  ]],
  ["str(a),jwt_verify(RS256,text.pem)", [
    "alert 8+26: file 'text.pem' of 'jwt_verify' holds no public key and no certificate",
  ]],
  ["str(a),param(b,ab)", ["alert 16+2: 'ab' may not stand as <delim> of 'param'"]],
  ["str(a),has_ctl(all)", ["alert 16+3: 'all' may not stand as <mask> of 'has_ctl'"]],
  ["str(a),has_ctl(0x200000000)", [
    "alert 16+11: '0x200000000' may not stand as <mask> of 'has_ctl'",
  ]],
  ["str(a),rfc7239_field(via)", ["alert 22+3: 'via' may not stand as <field> of 'rfc7239_field'"]],
  ["str(a),when(eror)", [
    "alert 13+4: 'eror' may not stand as <condition> of 'when' [nearest: error]",
  ]],
];

for (const [expression, said] of MISTAKES) {
  Deno.test(`at load '${expression}' is ${said.length === 0 ? "right" : "refused"}`, () => {
    const ctx = context({ readFile: (path) => path === "text.pem" ? "no key" : undefined });
    compileExpression(wordOf(expression), ctx);
    assert.deepEqual(told(ctx), said);
  });
}

Deno.test("no sample is longer than a buffer: it is cut, or there is none, as the row says", () => {
  const long = `str(${"a".repeat(600)})`;
  const length = (converter: string) => {
    const value = evaluate(`${long},${converter}`, { bufsize: 1000 });
    return value === undefined ? undefined : (value as string).length;
  };
  for (const cut of ["hex", "base2", "be2hex", `concat(${"b".repeat(600)})`, "regsub(a,bbb,g)"]) {
    assert.equal(length(cut), 1000, cut);
  }
  for (const fails of ["hex,hex,base64", "url_enc,hex,url_enc,json,hex,ub64enc"]) {
    assert.ok((length(fails) ?? 0) <= 1000, fails);
  }
  assert.equal(evaluate(`${long},regsub(a,'é',g),url_enc`, { bufsize: 1300 }), undefined);
});

Deno.test("every converter's row says what it does, where the manual has it, and names its arguments", () => {
  for (const row of CONVERTER_ROWS) {
    assert.match(row.doc, /^[A-Za-z0-9].*[^.]$/, row.name);
    assert.match(row.section, /^7\.3\.1/, row.name);
    const optional = row.args.map((arg) => arg.optional === true);
    assert.deepEqual(optional, [...optional].sort(), `${row.name}: optional arguments stand last`);
  }
});

function token(alg: string, key: KeyObject, options: object): string {
  const head = toBase64Url(`{"alg":"${alg}"}`) + "." + toBase64Url('{"sub":"x"}');
  const hash = `sha${alg.slice(2)}`;
  const signature = sign(hash, new TextEncoder().encode(head), { key, ...options });
  return `${head}.${toBase64Url(latin1(signature, 0, signature.length))}`;
}

Deno.test("jwt_verify checks RSA, PSS and elliptic signatures with the public key of a file", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" }) as string;
  const files: Record<string, string> = {
    "rsa.pem": pem(rsa.publicKey),
    "ec.pem": pem(ec.publicKey),
    "other.pem": pem(other.publicKey),
  };
  const more = { readFile: (path: string) => files[path], shared: new Shared() };
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const p1363 = { dsaEncoding: "ieee-p1363" };
  const cases: readonly [string, string, string, number][] = [
    [token("RS256", rsa.privateKey, {}), "RS256", "rsa.pem", 1],
    [token("RS256", rsa.privateKey, {}), "RS512", "rsa.pem", 0],
    [token("PS256", rsa.privateKey, pss), "PS256", "rsa.pem", 1],
    [token("PS256", rsa.privateKey, pss), "RS256", "rsa.pem", 0],
    [token("ES256", ec.privateKey, p1363), "ES256", "ec.pem", 1],
    [token("ES256", ec.privateKey, p1363), "ES256", "other.pem", 0],
    [token("ES256", ec.privateKey, p1363), "ES256", "rsa.pem", 0],
    [token("RS256", rsa.privateKey, {}), "ES256", "ec.pem", 0],
  ];
  for (const [text, alg, file, answer] of cases) {
    assert.equal(
      evaluate(`str(${text}),jwt_verify(${alg},${file})`, more),
      answer,
      `${alg} ${file}`,
    );
  }
  const variable = (name: string) => `str(${name}),set-var(txn.jwt_key)`;
  assert.notEqual(evaluate(variable("ec.pem"), more), undefined);
});

Deno.test("a key that a variable names must have been loaded by some jwt_verify of the configuration", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const shared = new Shared();
  const readFile = (path: string) =>
    path === "ec.pem" ? ec.publicKey.export({ type: "spki", format: "pem" }) as string : undefined;
  const made = stream();
  const text = token("ES256", ec.privateKey, { dsaEncoding: "ieee-p1363" });
  const ctx = context({ readFile, shared });
  const verify = compileExpression(wordOf(`str(${text}),jwt_verify(ES256,txn.jwt_file)`), ctx)!;
  compileExpression(wordOf("str(ec.pem),set-var(txn.jwt_file)"), ctx)!.eval(made);
  assert.equal(verify.eval(made), -5);
  compileExpression(wordOf(`str(x),jwt_verify(ES256,ec.pem)`), ctx);
  assert.equal(verify.eval(made), 1);
  assert.deepEqual(told(ctx), []);
});

/** What json_query should find: the value at a path of the parsed text. */
function at(value: unknown, steps: readonly (string | number)[]): unknown {
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
      return undefined;
    }
    if (Array.isArray(value) !== (typeof step === "number")) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

Deno.test("property: a value in any JSON text is found where JSON.parse has it", () => {
  const step = fc.oneof(fc.constantFrom("a", "b", "c"), fc.nat(2));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("tree")),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.array(step, { maxLength: 4 }), fc.nat(2), (value, steps, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const found = findJson(text, steps);
      const wanted = at(JSON.parse(text), steps);
      assert.equal(found === undefined, wanted === undefined);
      if (found !== undefined) {
        assert.deepEqual(JSON.parse(text.slice(found.from, found.to)), wanted);
      }
    }),
    SEED,
  );
});

Deno.test("JSON strings become UTF-8, whatever escapes they are written with", () => {
  const read = (text: string) => jsonString(text, 0, text.length);
  assert.equal(read('"\\u0041\\n\\"\\/\\\\"'), 'A\n"/\\');
  assert.equal(read('"\\u00e9"'), "\xc3\xa9");
  assert.equal(read('"\\u20ac"'), "\xe2\x82\xac");
  assert.equal(read('"\\ud83d\\ude00"'), "\xf0\x9f\x98\x80");
  assert.equal(read('"\\ud83d"'), "\xef\xbf\xbd");
});

Deno.test("JSON paths name one value", () => {
  assert.deepEqual(parseJsonPath("$"), []);
  assert.deepEqual(parseJsonPath("$.a.b[2]"), ["a", "b", 2]);
  assert.deepEqual(parseJsonPath("$.my\\.key"), ["my.key"]);
  assert.deepEqual(parseJsonPath("$['a.b'][\"c\"]"), ["a.b", "c"]);
  for (const wrong of ["", "a", "$a", "$.", "$..a", "$[*]", "$[-1]", "$.a[", "$['a]"]) {
    assert.equal(parseJsonPath(wrong), undefined, wrong);
  }
});

Deno.test("JSON that is nested too deep is not looked through", () => {
  assert.equal(findJson(`{"a":${"[".repeat(9000)}`, ["b"]), undefined);
});

Deno.test("property: no bytes make a converter throw, and what it answers has its type", () => {
  const rows = CONVERTER_ROWS.filter((row) =>
    row.name !== "debug" &&
    !/^(in_)?table/.test(row.name) && row.args[0]?.type !== "file"
  );
  const ARGUMENTS: Record<string, string> = {
    aes_gcm_dec: "128,AAAAAAAAAAAAAAAA,AAAAAAAAAAAAAAAAAAAAAA==,AAAAAAAAAAAAAAAAAAAAAA==",
    aes_gcm_enc: "128,AAAAAAAAAAAAAAAA,AAAAAAAAAAAAAAAAAAAAAA==,txn.tag",
    aes_cbc_dec: "128,AAAAAAAAAAAAAAAAAAAAAA==,AAAAAAAAAAAAAAAAAAAAAA==",
    aes_cbc_enc: "128,AAAAAAAAAAAAAAAAAAAAAA==,AAAAAAAAAAAAAAAAAAAAAA==",
    be2dec: ".,2",
    le2dec: ".,3",
    "capture-req": "0",
    "capture-res": "0",
    digest: "sha256",
    hmac: "sha256,AAAA",
    json_query: "$.a",
    jwt_verify: "HS256,secret",
    language: "en;fr",
    mqtt_field_value: "connect,username",
    fix_tag_value: "35",
    protobuf: "1.2",
    ungrpc: "1.2,int32",
    regsub: "a+,b,g",
    rfc7239_field: "for",
    when: "normal",
    field: "1,/",
    word: "1,/",
    iif: "a,b",
    ipmask: "24,64",
    bytes: "1,2",
    add_item: "x,,y",
    param: "a",
    ltrim: "a",
    rtrim: "a",
  };
  const VARIABLE = ["set-var", "unset-var", "strcmp", "secure_memcmp"];
  const DATES = ["ltime", "utime", "ms_ltime", "ms_utime", "us_ltime", "us_utime"];
  const read = compileExpression(wordOf("var(txn.fuzz)"), context())!;
  const converters = rows.map((row) => {
    const args = ARGUMENTS[row.name] ??
      (VARIABLE.includes(row.name)
        ? "txn.v"
        : DATES.includes(row.name)
        ? "%c %U %G-%V %z"
        : row.args[0]?.type === "operand"
        ? "3"
        : "");
    const ctx = context();
    const compiled = compileExpression(wordOf(`var(txn.fuzz),${row.name}(${args})`), ctx);
    assert.deepEqual(told(ctx), [], row.name);
    return { row, compiled: compiled! };
  });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((b) => latin1(b, 0, b.length)),
    fc.constantFrom(
      "a=1&b",
      '{"a":[1,{"b":2',
      "8=FIX.4.4\x019=5\x0135=0\x01",
      "\x10\x20\x00\x04MQTT",
    ),
  );
  const sample = fc.oneof(
    bytes.map((text) => new Typed("bin", text)),
    bytes.map((text) => new Typed("str", text)),
    fc.maxSafeInteger().map((n) => new Typed("sint", n)),
    fc.boolean().map((b) => new Typed("bool", b)),
  );
  fc.assert(
    fc.property(sample, (value) => {
      const made = stream();
      made.process.variables.values.length = 0;
      const set = compileExpression(wordOf("str(x),set-var(txn.fuzz)"), context())!;
      set.eval(made);
      const index = made.variables!.values.findIndex((v) => v?.value === "x");
      made.variables!.values[index] = value;
      assert.equal(read.eval(made), value);
      for (const { row, compiled } of converters) {
        made.variables!.values[index] = value;
        const answer = compiled.eval(made);
        if (answer === undefined || row.output === "same") continue;
        const inner = answer instanceof Typed ? answer.value : answer;
        if (compiled.type === "str" || compiled.type === "bin") {
          assert.equal(typeof inner, "string");
        }
        if (compiled.type === "bool") assert.equal(typeof inner, "boolean", row.name);
        if (compiled.type === "sint") assert.match(typeof inner, /^(number|bigint)$/, row.name);
      }
    }),
    SEED,
  );
});

Deno.test("property: a FIX message or an MQTT packet that is cut off is not complete, never wrong", () => {
  const fix = "8=FIX.4.4\x019=14\x0135=A\x0149=S\x0134=1\x01";
  const sum = [...fix].reduce((n, c) => n + c.charCodeAt(0), 0) % 256;
  const whole = fix.replace("9=14", "9=15") + `10=${String((sum + 1) % 256).padStart(3, "0")}\x01`;
  assert.equal(isFixMessage(whole), true);
  for (let i = 0; i < whole.length; i++) assert.notEqual(isFixMessage(whole.slice(0, i)), true);
  const packet = "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04abcd";
  assert.ok(parseMqtt(packet));
  for (let i = 0; i < packet.length; i++) assert.equal(parseMqtt(packet.slice(0, i)), undefined);
});
