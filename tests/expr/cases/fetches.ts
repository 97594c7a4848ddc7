/** Cases of fetches: hashes and parts of the URL, whole heads, captures, constants of a process and its proxies. */
import { casesOf, type ValueCase } from "./types.ts";

const layer7 = casesOf("7.3.6");
const internal = casesOf("7.3.2");
const layer4 = casesOf("7.3.3");

const PLAIN = ["GET /a/b?x=1 HTTP/1.1", "Host: example.com", "A: 1"];
const MIXED = ["GET /a/B?x=1 HTTP/1.1", "Host: Example.COM:80"];
const ABSOLUTE = ["GET http://192.0.2.1:8080/x?y HTTP/1.1", "Host: 192.0.2.1:8080"];
const NAMED = ["GET http://a.b/x HTTP/1.1", "Host: a.b"];
const SECURE = ["GET https://a.b/x HTTP/1.1", "Host: a.b"];
const HOSTLESS = ["GET /a HTTP/1.0"];
const POST = ["POST http://a.b/x?y HTTP/1.0", "Host: a.b"];
const PATHLESS = ["OPTIONS * HTTP/1.1", "Host: a.b"];

const long = (n: number) => [...PLAIN, `L: ${"x".repeat(n)}`];

const form = (body: string) => ({
  request: ["POST /form HTTP/1.1", "Host: h", `Content-Length: ${body.length}`],
  body,
  before: ["http-request wait-for-body time 1s"],
});

const CHUNKS = {
  request: ["POST /form HTTP/1.1", "Host: h", "Transfer-Encoding: chunked"],
  body: "3\r\na=1\r\n4;x\r\n&b=2\r\n0\r\n\r\n",
  before: ["http-request wait-for-body time 1s"],
};

const bearer = (...fields: string[]) => ({ request: ["GET / HTTP/1.1", "Host: h", ...fields] });

const AUTH_CASES: readonly ValueCase[] = [
  layer7("http_auth_bearer", "abc.def", bearer("Authorization: Bearer abc.def")),
  layer7("http_auth_bearer", "", bearer("Authorization: Basic YTpi")),
  layer7("http_auth_bearer(X-Token)", "t1", bearer("X-Token: Bearer t1", "Authorization: x y")),
  layer7("http_auth_bearer", ""),
];

const BODY_CASES: readonly ValueCase[] = [
  layer7("req.body", "a=1&b=2", form("a=1&b=2")),
  layer7("req.body", "", form("")),
  layer7("req.body", ""),
  layer7("req.body_len", "7", form("a=1&b=2")),
  layer7("req.body_len", "0", form("")),
  layer7("req.body_len", "0"),
  layer7("req.body_size", "7", form("a=1&b=2")),
  layer7("req.body_size", "0"),
  layer7("req.body", "a=1&b=2", CHUNKS),
  layer7("req.body_len", "7", CHUNKS),
  layer7("req.body_size", "7", CHUNKS),
  layer7("req.body_param(b)", "2", CHUNKS),
  layer7("req.body_param(a)", "1", form("a=1&b=2&a=3")),
  layer7("req.body_param(b)", "", form("a=1&b=&a=3")),
  layer7("req.body_param(B)", "", form("a=1&b=2&a=3")),
  layer7("req.body_param", "1", form("a=1&b=2&a=3")),
  layer7("req.body_param(c)", "x%20y+z", form("a=1&c=x%20y+z")),
  layer7("req.body_param(c)", "1", form("a=1&c=1;d=2")),
  layer7("req.body_param(d)", "2", form("a=1&c=1;d=2")),
  layer7("req.body_param(c)", "1?d=2", form("a=1&c=1?d=2")),
  layer7("req.body_param(a)", "", form("a")),
  layer7("req.body_param(a),length", "0", form("a=")),
];

export const MORE_FETCH_CASES: readonly ValueCase[] = [
  ...BODY_CASES,
  ...AUTH_CASES,
  layer7("cookie(a)", "2", { request: ["GET / HTTP/1.1", "Host: h", "Cookie: a=1; a=2"] }),
  layer7("base32", "2306047707", { request: PLAIN }),
  layer7("base32", "4137043786", { request: MIXED }),
  layer7("base32", "1710104387", { request: ABSOLUTE }),
  layer7("base32", "1743195586", { request: HOSTLESS }),
  layer7("base32", "1647260789", { request: PATHLESS }),
  layer7("base32+src,hex", "89737EDB7F000001", { request: PLAIN }),
  layer7("url32", "33776310", { request: PLAIN }),
  layer7("url32", "2129275886", { request: ABSOLUTE }),
  layer7("url32", "1647260789", { request: PATHLESS }),
  layer7("url32+src,hex", "020362B67F000001", { request: PLAIN }),
  layer7("url_ip", "192.0.2.1", { request: ABSOLUTE }),
  layer7("url_port", "8080", { request: ABSOLUTE }),
  layer7("url_ip", "", { request: NAMED }),
  layer7("url_port", "", { request: NAMED }),
  layer7("url_port", "", { request: SECURE }),
  layer7("url_port", "80", { request: ["GET http://192.0.2.1/ HTTP/1.1", "Host: 192.0.2.1"] }),
  layer7("url_port", "443", { request: ["GET https://192.0.2.1/ HTTP/1.1", "Host: 192.0.2.1"] }),
  layer7("url_ip", "192.0.2.1", {
    request: ["GET HTTP://192.0.2.1:1 HTTP/1.1", "Host: 192.0.2.1:1"],
  }),
  layer7("url_ip", "", {
    request: ["GET http://[2001:db8::1]:1/ HTTP/1.1", "Host: [2001:db8::1]:1"],
  }),
  layer7("url_ip", "", { request: PLAIN }),
  layer7("url_port", "", { request: PLAIN }),
  layer7("req.hdrs,hex", "686F73743A206578616D706C652E636F6D0D0A613A20310D0A0D0A", {
    request: PLAIN,
  }),
  layer7("req.hdrs_bin,hex", "04686F73740B6578616D706C652E636F6D016101310000", { request: PLAIN }),
  // What is behind a zero byte of the lengths is no part of a string.
  ...[[239, 263], [240, 24], [256, 281], [2287, 2312], [2288, 25], [5000, 5026]].map((
    [size, length],
  ) => layer7("req.hdrs_bin,length", String(length), { request: long(size) })),
  ...[[239, "EF78"], [240, "F000"], [256, "F001"], [2287, "FF7F"], [2288, "F08000"], [
    5000,
    "F8A901",
  ]]
    .map(([size, hex]) =>
      layer7(`req.hdrs_bin,bytes(23,${String(hex).length / 2}),hex`, String(hex), {
        request: long(size as number),
      })
    ),
  layer7("capture.req.method", "GET", { request: PLAIN }),
  layer7("capture.req.uri", "/a/b?x=1", { request: PLAIN }),
  layer7("capture.req.uri", "/x?y", { request: POST }),
  layer7("capture.req.uri", "", { request: PATHLESS }),
  layer7("capture.req.ver", "HTTP/1.1", { request: PLAIN }),
  layer7("capture.req.ver", "HTTP/1.0", { request: POST }),
  layer7("capture.req.method", "POST", {
    request: POST,
    before: ["http-request set-method PUT", "http-request set-path /other"],
  }),
  layer7("capture.req.uri", "/x?y", {
    request: POST,
    before: ["http-request set-path /other"],
  }),
  internal("nbproc", "1"),
  internal("thread", "0"),
  internal("act_conn", "4", { since: "2.9" }),
  internal("avg_queue(be)", "0"),
  internal("be_conn_free(be)", "-1"),
  internal("be_sess_rate(be)", "0"),
  internal("connslots(be)", "-1"),
  internal("fe_defbe", "be", { section: "7.3.3" }),
  internal("nbsrv(be)", "1"),
  internal("queue(be)", "0"),
  internal("srv_conn_free(be/s1)", "-1"),
  internal("srv_iweight(be/s1)", "1"),
  internal("srv_uweight(be/s1)", "1"),
  internal("srv_weight(be/s1)", "1"),
  internal("srv_queue(be/s1)", "0"),
  internal("srv_sess_rate(be/s1)", "0"),
  internal("prio_class", "0"),
  internal("prio_offset", "0"),
  internal("last_rule_line", ""),
  internal("last_rule_file", ""),
  internal("pid", "14389", { since: "2.9" }),
  internal("txn.sess_term_state", "--", { since: "2.9" }),
  layer4("fe_client_timeout", "5000"),
  layer4("dst_conn", "1"),
  layer4("fc_src", "127.0.0.1"),
  layer4("fc_dst", "127.0.0.1"),
  layer4("fc_src_is_local", "1", { since: "2.9" }),
  layer4("fc_dst_is_local", "1", { since: "2.9" }),
  layer4("fc_http_major", "1"),
  layer4("fc_glitches", "0", { since: "3.0" }),
  layer4("unique-id", ""),
  layer4("req.timer.hdr", "0", { since: "3.0" }),
];
