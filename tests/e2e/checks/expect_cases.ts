/** `http-check expect`: every matcher and every setting. */
import type { CheckCase, Script } from "./rig.ts";
import { http, httpOpen, ok, okWith } from "./scripts.ts";

function expects(rule: string, answer: string | Script, more: readonly string[] = []): CheckCase {
  const shown = typeof answer === "string" ? answer : "(slowly)";
  return {
    name: [...more, `http-check expect ${rule}`].join(" | ") +
      ` <- ${JSON.stringify(shown.length > 90 ? shown.slice(0, 90) + "…" : shown)}`,
    backend: ["option httpchk", ...more, `http-check expect ${rule}`],
    serve: typeof answer === "string" ? http(answer) : answer,
  };
}

const unfinished = "HTTP/1.0 200 OK\r\ncontent-length: 100\r\n\r\nxabcx";
const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const notFound = "HTTP/1.0 404 NF\r\n\r\n";
const long = "x".repeat(20000);

export const expectCases: readonly CheckCase[] = [
  expects("status 200", ok),
  expects("status 201", ok),
  expects("status 201,100-199,200-299", ok),
  expects("! status 200", ok),
  expects("!status 200", ok),
  expects("! status 201", ok),
  expects("rstatus ^2", ok),
  expects("rstatus ^3", ok),
  expects("! rstatus ^2", ok),
  expects("string abc", okWith("xabcx")),
  expects("string abc", okWith("xabx")),
  expects("! string abc", okWith("xabcx")),
  expects("! string abc", okWith("zz")),
  expects("string abc", okWith("")),
  expects("! string abc", okWith("")),
  expects("string abc", "HTTP/1.0 500 Bad\r\n\r\nabc"),
  expects("rstring a.c", okWith("xabcx")),
  expects("rstring a.c$", okWith("xabcx")),
  expects("rstring c$", okWith("abc\n")),
  expects("rstring ^b", okWith("a\nb\n")),
  expects("rstring a.b", okWith("a\nb\n")),
  expects("! rstring a.c", okWith("xabcx")),
  expects("string abc", `${chunked}2\r\nxa\r\n3\r\nbcd\r\n0\r\n\r\n`),
  expects("string abc", httpOpen(`${chunked}2\r\nxa\r\n3\r\nbcd\r\n`)),
  expects("string abc comment a\\ bad\\ chunk", httpOpen(`${chunked}zz\r\nxa\r\n3\r\nbcd\r\n`)),
  expects("string abcx", httpOpen(unfinished)),
  expects("string abd", httpOpen(unfinished)),
  expects("min-recv 4 string abd", httpOpen(unfinished)),
  expects("min-recv 40 string abd", httpOpen(unfinished)),
  expects("min-recv 0 string abd", httpOpen(unfinished)),
  expects("min-recv 0 rstring abd", httpOpen(unfinished)),
  expects("min-recv -1 rstring abd", httpOpen(unfinished)),
  expects("string abc", unfinished),
  expects("string abd", unfinished),
  expects("string xxa", httpOpen("HTTP/1.1 200 OK\r\n\r\n", "xx", "a")),
  expects("string end", okWith(long + "end")),
  expects("string begin", okWith("begin" + long)),
  expects("! string end", okWith(long + "end")),
  expects("string-lf a%[srv_name]c", okWith("xascx")),
  expects("string-lf a%[srv_name]c", okWith("xabcx")),
  expects("hdr name x-a", okWith("", "X-A: 1\r\n")),
  expects("hdr name x-b", okWith("", "X-A: 1\r\n")),
  expects("! hdr name x-a", okWith("", "X-A: 1\r\n")),
  expects("hdr name X-A value b", okWith("", "X-A: a, b\r\n")),
  expects("hdr name X-A value B", okWith("", "X-A: a, b\r\n")),
  expects("fhdr name X-A value b", okWith("", "X-A: a, b\r\n")),
  expects('fhdr name X-A value "a, b"', okWith("", "X-A: a, b\r\n")),
  expects("hdr name -m beg x- value -m sub b", okWith("", "X-A: a, abc\r\n")),
  expects("hdr name -m end -b value -m end c", okWith("", "X-A: c\r\nX-B: abc\r\n")),
  expects("hdr name -m reg ^x-.$ value -m reg ^[0-9]+$", okWith("", "X-A: c\r\nX-B: 12\r\n")),
  expects("hdr name -m reg A", okWith("", "x-a: a, B\r\n")),
  expects("hdr name -m beg X-", okWith("", "x-a: a, B\r\n")),
  expects("hdr name -m end -C", okWith("", "x-A-c: a, B\r\n")),
  expects("hdr name x-a value -m reg ^B", okWith("", "X-A: a, B\r\n")),
  expects("hdr name-lf x-%[srv_name] value-lf v%[srv_name]", okWith("", "X-S: vs\r\n")),
  expects("status 200 comment what\\ ever", notFound),
  expects("status 200", notFound, ["http-check comment hello\\ you"]),
  expects("status 200 comment you", notFound, ["http-check comment hello"]),
  expects("ok-status L7OKC status 200", ok),
  expects("ok-status L4OK status 200", ok),
  expects("error-status L7RSP status 201", ok),
  expects("error-status L7OKC status 201", ok),
  expects("error-status L4CON status 201", ok),
  expects("tout-status L6TOUT status 201", httpOpen()),
  expects("on-success good:%[status]:%[srv_name] status 200", ok),
  expects(
    "on-error bad:%[status]:%[res.hdr(x-a)]:%s status 201",
    okWith("", "X-a: q\r\n"),
  ),
  expects("on-error bad status 201 comment c", ok),
  expects("status-code int(55) status 200", ok),
  expects("status-code res.hdr(x-a) status 200", okWith("", "x-a: 77\r\n")),
  expects("status-code res.hdr(x-a) status 201", okWith("", "x-a: 77\r\n")),
  expects("on-error %[res.body] string abc", okWith("xxx")),
  expects("on-success %[res.body] string xx", okWith("xxx")),
  expects("string abc", okWith("xabc"), ["http-check expect status 200"]),
  expects("string abc", okWith("xab"), ["http-check expect status 200"]),
  expects("string abc", okWith("xabc"), ["http-check expect status 201"]),
];
