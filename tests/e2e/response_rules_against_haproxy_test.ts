/** Which rules see which answers, beside the real HAProxy: those of servers, caches, services, and the proxy's own. */
import assert from "node:assert/strict";
import { freePort, waitListening } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { connect, startHttpOrigin } from "../support/tcp.ts";
import { commandUnderTest } from "../support/under_test.ts";

const SEEN = "srv=%[srv_id] hit=%[res.cache_hit] cache=%[res.cache_name] be=%[be_name]";

const configuration = (web: string, origin: string) =>
  `defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
cache c
    total-max-size 4
    max-age 60
frontend fe
    bind ${web}
    monitor-uri /monitor
    monitor fail if { hdr(X-Fail) -m found }
    http-request cache-use c if { path_beg /front }
    http-request return status 200 content-type text/plain string hi if { path /return }
    http-request use-service prometheus-exporter if { path /metrics }
    http-request deny if { path /deny }
    http-request redirect location / if { path /redirect }
    http-request auth if { path /auth }
    stats enable
    stats uri /stats
    http-response set-header X-Front "${SEEN}"
    http-response set-header X-Cache HIT if !{ srv_id -m found }
    http-response deny deny_status 500 if { res.cache_hit } { path /front/denied }
    http-response return status 201 hdr X-Instead yes if { res.cache_hit } { path /front/instead }
    http-response set-header X-Body "%[res.body,length]" if { res.cache_hit }
    http-response cache-store c
    http-after-response set-header X-After-Front "${SEEN}"
    default_backend be
backend be
    http-request cache-use c if { path_beg /back }
    http-request return status 200 content-type text/plain string hi if { path /in-backend }
    http-response set-header X-Back "${SEEN}"
    http-after-response set-header X-After-Back "${SEEN}"
    server s1 ${origin}
`;

/** Each is asked for twice: the second time it is in the cache. */
const TARGETS: readonly (readonly [target: string, more?: string])[] = [
  ["/monitor"],
  ["/monitor", "X-Fail: yes\r\n"],
  ["/return"],
  ["/in-backend"],
  ["/deny"],
  ["/redirect"],
  ["/auth"],
  ["/metrics"],
  ["/stats"],
  ["/other"],
  ["/front"],
  ["/front/denied"],
  ["/front/instead"],
  ["/back"],
];

scopedTest(
  "http-response and http-after-response rules see the answers that HAProxy's see",
  { programs: ["haproxy"] },
  async (scope) => {
    const origin = await startHttpOrigin(
      scope,
      () => "HTTP/1.1 200 OK\r\nCache-Control: max-age=30\r\nContent-Length: 5\r\n\r\nhello",
    );
    const sides = await Promise.all(
      ([["haproxy", ["haproxy"]], ["sluice", commandUnderTest([])]] as const).map(
        async ([name, command]) => {
          const web = `127.0.0.1:${freePort()}`;
          const file = scope.write(`${name}.cfg`, configuration(web, origin.address));
          await waitListening(start(scope, name, [...command, "-db", "-f", file]), [web]);
          return async (target: string, more: string) => {
            const peer = await connect(scope, web);
            await peer.write(
              `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}Connection: close\r\n\r\n`,
            );
            const [line, ...fields] = (await peer.toEnd()).split("\r\n\r\n")[0].split("\r\n");
            return [line.slice(0, 12), ...fields.filter((field) => /^x-/i.test(field)).sort()]
              .map((field) => field.toLowerCase()).filter((field) =>
                !/^x-content-type/.test(field)
              );
          };
        },
      ),
    );
    for (const [target, more = ""] of TARGETS) {
      for (const time of ["first", "second"]) {
        const [theirs, ours] = await Promise.all(sides.map((ask) => ask(target, more)));
        assert.deepEqual(ours, theirs, `${target}, ${time} time`);
      }
    }
  },
);
