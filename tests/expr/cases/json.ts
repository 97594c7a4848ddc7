/** json_query (manual 7.3.1). */
import { casesOf, type ValueCase } from "./types.ts";

const BEFORE = [
  "http-request set-var(txn.j) req.fhdr(j)",
];

const REQUEST = [
  "GET / HTTP/1.1",
  "Host: h",
  'J: {"integer":4,"f":1.5,"s":"text","n12":"12","t":true,"fa":false,"nul":null,"obj":{"k":"v"},"arr":[{"x":"y"},7,[1]],"my.key":"myvalue","esc":"a\\"b\\\\c\\/d\\n","uni":"\\u00e9\\u20ac","e":1e3,"big":12345678901234567890,"neg":-7,"empty":"","a":{"b":{"c":[0,1,[0,{"d":"deep"}]]}},"two":1,"two":2,"dash-key":9}',
];

const value = casesOf("7.3.1", BEFORE);

export const JSON_CASES: readonly ValueCase[] = [
  value("var(txn.j),json_query('$.integer')", "4", { request: REQUEST }),
  value("var(txn.j),json_query('$.integer','int')", "4", { request: REQUEST }),
  value("var(txn.j),json_query('$.integer','int'),add(1)", "5", { request: REQUEST }),
  value("var(txn.j),json_query('$.f')", "1.5", { request: REQUEST }),
  value("var(txn.j),json_query('$.f','int')", "1", { request: REQUEST }),
  value("var(txn.j),json_query('$.s')", "text", { request: REQUEST }),
  value("var(txn.j),json_query('$.s'),length", "4", { request: REQUEST }),
  value("var(txn.j),json_query('$.s','int')", "", {
    request: REQUEST,
    haproxy: "text",
    why: "what is no integer gives no sample, as the manual says",
  }),
  value("var(txn.j),json_query('$.n12','int')", "12", { request: REQUEST }),
  value("var(txn.j),json_query('$.t')", "1", { request: REQUEST }),
  value("var(txn.j),json_query('$.fa')", "0", { request: REQUEST }),
  value("var(txn.j),json_query('$.nul')", "", { request: REQUEST }),
  value("var(txn.j),json_query('$.obj')", "", { request: REQUEST }),
  value("var(txn.j),json_query('$.obj.k')", "v", { request: REQUEST }),
  value("var(txn.j),json_query('$.arr')", '[{"x":"y"},7,[1]]', {
    request: REQUEST,
    haproxy: "",
    why: "arrays are text, as in HAProxy 3.x",
  }),
  value("var(txn.j),json_query('$.arr[1]')", "7", { request: REQUEST }),
  value("var(txn.j),json_query('$.arr[9]')", "", { request: REQUEST }),
  value("var(txn.j),json_query('$.arr[0].x')", "y", { request: REQUEST }),
  value("var(txn.j),json_query('$.my\\\\.key')", "", { request: REQUEST }),
  value("var(txn.j),json_query('$.missing')", "", { request: REQUEST }),
  value("var(txn.j),json_query('$')", "", { request: REQUEST }),
  value("var(txn.j),json_query('$.esc')", 'a"b\\c/d\n', {
    request: REQUEST,
    haproxy: "",
    why: "all escapes of JSON are understood",
  }),
  value("var(txn.j),json_query('$.uni')", "\u00c3\u00a9\u00e2\u0082\u00ac", {
    request: REQUEST,
    haproxy: "",
    why: "all escapes of JSON are understood",
  }),
  value("var(txn.j),json_query('$.e')", "1000", { request: REQUEST }),
  value("var(txn.j),json_query('$.big')", "12345678901234567890", {
    request: REQUEST,
    haproxy: "1.23457e+19",
    why: "a number that is no 64-bit integer is its own text",
  }),
  value("var(txn.j),json_query('$.neg')", "-7", { request: REQUEST }),
  value("var(txn.j),json_query('$.empty'),length", "0", { request: REQUEST }),
  value("var(txn.j),json_query('$.a.b.c[2][1].d')", "deep", { request: REQUEST }),
  value("var(txn.j),json_query('$.two')", "1", { request: REQUEST }),
  value("var(txn.j),json_query('$.e','int')", "1000", {
    request: REQUEST,
    haproxy: "1",
    why: "the whole number is read, not its first digits",
  }),
  value("var(txn.j),json_query('$.hex')", "", { request: REQUEST }),
  value("var(txn.j),json_query('$.*')", "", { request: REQUEST }),
  value("var(txn.j),json_query('$.dash-key')", "9", { request: REQUEST }),
  value("var(txn.j),json_query('$[\"integer\"]')", "4", {
    request: REQUEST,
    haproxy: "",
    why: "names may stand in brackets (RFC 9535)",
  }),
  value("str(\"{\"),json_query('$.a')", "", { request: REQUEST }),
  value('str("{\\"a\\": }"),json_query(\'$.a\')', "", { request: REQUEST }),
  value('str("{\\"a\\":1"),json_query(\'$.a\')', "1", { request: REQUEST }),
  value("str(\"[1,2]\"),json_query('$[1]')", "2", { request: REQUEST }),
  value('str("\\"x\\""),json_query(\'$\')', "x", { request: REQUEST }),
  value("str(12),json_query('$')", "12", { request: REQUEST }),
  value("str({a:1}),json_query('$.a')", "", { request: REQUEST }),
  value('str(" { \\"a\\" : 5 , } "),json_query(\'$.a\')', "5", { request: REQUEST }),
];
