/** Cases of normalize-uri, addresses, settings of streams, captures. */
import { PLAIN, type RuleCase } from "./types.ts";

const fieldsOf = (lines: readonly string[]) =>
  lines.slice(1).map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));
const FIELDS = fieldsOf(PLAIN);

const seen = (rules: readonly string[], value: string, more: Partial<RuleCase> = {}): RuleCase => ({
  rules,
  sent: [PLAIN[0], ...FIELDS, `r: ${value}`],
  section: "4.2",
  ...more,
});

const normalized = (normalizer: string, from: string, to: string): RuleCase => ({
  rules: [`http-request normalize-uri ${normalizer}`],
  request: [`GET ${from} HTTP/1.1`, "Host: h"],
  sent: [`GET ${to} HTTP/1.1`, "host: h"],
  section: "4.2",
});
const broken = (normalizer: string, from: string): RuleCase => ({
  rules: [`http-request normalize-uri ${normalizer} strict`],
  request: [`GET ${from} HTTP/1.1`, "Host: h"],
  page: 400,
  section: "4.2",
});

const NORMALIZED: readonly RuleCase[] = [
  normalized("path-merge-slashes", "//", "/"),
  normalized("path-merge-slashes", "/foo//bar///?a//b", "/foo/bar/?a//b"),
  normalized("path-strip-dot", "/.", "/"),
  normalized("path-strip-dot", "/./bar/", "/bar/"),
  normalized("path-strip-dot", "/a/./a", "/a/a"),
  normalized("path-strip-dot", "/a/.", "/a/"),
  normalized("path-strip-dot", "/a/././b?x=/./", "/a/b?x=/./"),
  normalized("path-strip-dot", "/.well-known/", "/.well-known/"),
  normalized("path-strip-dot", "/a./b", "/a./b"),
  normalized("path-strip-dotdot", "/foo/../", "/"),
  normalized("path-strip-dotdot", "/foo/../bar/", "/bar/"),
  normalized("path-strip-dotdot", "/foo/bar/../", "/foo/"),
  normalized("path-strip-dotdot", "/foo/bar/..", "/foo/"),
  normalized("path-strip-dotdot", "/foo/..", "/"),
  normalized("path-strip-dotdot", "/../bar/", "/../bar/"),
  normalized("path-strip-dotdot", "/bar/../../", "/../"),
  normalized("path-strip-dotdot", "/bar/../..", "/../"),
  normalized("path-strip-dotdot", "/foo//../", "/foo/"),
  normalized("path-strip-dotdot", "/foo/%2E%2E/", "/foo/%2E%2E/"),
  normalized("path-strip-dotdot", "/a/b/c/../../d?x/../y", "/a/d?x/../y"),
  normalized("path-strip-dotdot", "/..foo/bar../", "/..foo/bar../"),
  normalized("path-strip-dotdot full", "/../bar/", "/bar/"),
  normalized("path-strip-dotdot full", "/bar/../../", "/"),
  normalized("path-strip-dotdot full", "/../../a/../..", "/"),
  normalized("percent-decode-unreserved", "/%61dmin", "/admin"),
  normalized("percent-decode-unreserved", "/foo%3Fbar=baz", "/foo%3Fbar=baz"),
  normalized("percent-decode-unreserved", "/%%36%36", "/%66"),
  normalized("percent-decode-unreserved", "/%ZZ", "/%ZZ"),
  normalized("percent-decode-unreserved", "/%7e%2d%2E%5f?%41=%20", "/~-._?A=%20"),
  normalized("percent-decode-unreserved strict", "/%61", "/a"),
  broken("percent-decode-unreserved", "/%%36%36"),
  broken("percent-decode-unreserved", "/%ZZ"),
  broken("percent-decode-unreserved", "/a%4"),
  normalized("percent-to-uppercase", "/%6f?%2f%2F", "/%6F?%2F%2F"),
  normalized("percent-to-uppercase", "/%zz", "/%zz"),
  broken("percent-to-uppercase", "/%zz"),
  normalized("query-sort-by-name", "/?c=3&a=1&b=2", "/?a=1&b=2&c=3"),
  normalized("query-sort-by-name", "/?aaa=3&a=1&aa=2", "/?a=1&aa=2&aaa=3"),
  normalized("query-sort-by-name", "/?a=3&b=4&a=1&b=5&a=2", "/?a=3&a=1&a=2&b=4&b=5"),
  normalized("query-sort-by-name", "/?b&a&&c=", "/?&a&b&c="),
  normalized("query-sort-by-name", "/a", "/a"),
  normalized("query-sort-by-name", "/?a-b=1&a=2&a.=3", "/?a=2&a-b=1&a.=3"),
];

const SHOW = "http-request set-header R %[src]:%[src_port]/%[dst]:%[dst_port,mul(0)]";

export const ACTION_CASES: readonly RuleCase[] = [
  ...NORMALIZED,
  seen(
    ["http-request set-src-port int(5)", "http-request set-dst-port int(80)", SHOW],
    "127.0.0.1:5/127.0.0.1:0",
  ),
  seen([
    "http-request set-src ipv4(192.0.2.9)",
    "http-request set-dst ipv6(2001:db8::1)",
    "http-request set-src-port int(70000)",
    SHOW,
  ], "192.0.2.9:4464/2001:db8::1:0"),
  seen([
    "http-request set-src req.hdr(x-none)",
    "http-request set-src-port int(1)",
    "http-request set-src src,ipmask(8)",
    SHOW,
  ], "127.0.0.0:1/127.0.0.1:0"),
  seen([
    "tcp-request connection set-src ipv4(192.0.2.1)",
    "tcp-request session set-src-port int(7)",
    "tcp-request content set-dst ipv4(192.0.2.2)",
    SHOW,
  ], "192.0.2.1:7/192.0.2.2:0"),
  seen([
    "http-request set-src ipv4(192.0.2.9)",
    "http-request set-header R %[fc_src]-%ci",
  ], "127.0.0.1-192.0.2.9"),
  seen([
    "http-request set-priority-class int(5000)",
    "http-request set-priority-offset int(-600000)",
    "http-request set-header R %[prio_class]/%[prio_offset]",
  ], "2047/-524287"),
  seen([
    "http-request set-priority-class str(12)",
    "http-request set-priority-offset req.hdr(none)",
    "http-request set-header R %[prio_class]/%[prio_offset]",
  ], "12/0"),
  seen(
    ["http-request set-nice 5", "http-request strict-mode on", "http-request set-header R ok"],
    "ok",
  ),
  seen(["http-request disable-l7-retry", "http-request set-header R ok"], "ok"),
  seen([
    "http-request capture path len 3",
    "http-request capture req.hdr(none) len 3",
    "http-request capture str(xyz) len 10",
    "http-request set-header R %[capture.req.hdr(0)]|%[capture.req.hdr(1)]|%[capture.req.hdr(2)]",
  ], "/a/||xyz"),
  seen([
    "declare capture request len 4",
    "declare capture response len 9",
    "http-request capture str(abcdefg) id 0",
    "http-request set-header R %[str(other),capture-req(0)]-%[str(x),capture-req(7)]-%[capture.req.hdr(0)]",
  ], "other--othe"),
  {
    rules: [
      "declare capture response len 4",
      "http-response capture res.hdr(server) id 0",
      "http-response set-header R %[capture.res.hdr(0)]/%[str(yy),capture-res(0)]/%[capture.res.hdr(0)]",
    ],
    response: ["HTTP/1.1 200 OK", "Content-Length: 0", "Server: real one"],
    returned: ["HTTP/1.1 200 OK", "content-length: 0", "server: real one", "r: real/yy/yy"],
    section: "4.2",
  },
];
