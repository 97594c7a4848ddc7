/** `cookie` in each of its modes (manual 4.2, 8.5): every expectation here holds for the real HAProxy as well. */
import { scenario } from "./steps.ts";

const PRIVATE = " | cache-control: private";

scenario({
  name: "cookie insert: the client gets the server's value once, and stays",
  lines: "cookie SRV insert",
  steps: [
    { gets: "set-cookie: SRV=s1; path=/", log: "--NI s1" },
    { cookie: "SRV=s1", sees: "SRV=s1", log: "--VN s1" },
    { cookie: "SRV=s2; a=b", sees: "SRV=s2; a=b", log: "--VN s2" },
    { cookie: "SRV = s2", sees: "SRV=s2", log: "--VN s2" },
    { cookie: "SRV=no", sees: "SRV=no", gets: "set-cookie: SRV=s2; path=/", log: "--II s2" },
    { cookie: "SRV=", sees: "SRV=", gets: "set-cookie: SRV=s1; path=/", log: "--II s1" },
    { cookie: "srv=s1", sees: "srv=s1", gets: "set-cookie: SRV=s2; path=/", log: "--NI s2" },
    { cookie: "SRV=no; SRV=s2", sees: "SRV=no; SRV=s2", log: "--VN s2" },
    { cookie: "SRV=s1; SRV=s2", sees: "SRV=s1; SRV=s2", log: "--VN s1" },
    {
      cookie: "SRV=s2",
      sees: "SRV=s2",
      answer: "Set-Cookie: SRV=own; path=/\r\nSet-Cookie: a=b\r\n",
      gets: "set-cookie: a=b",
      log: "--VD s2",
    },
    {
      answer: "Set-Cookie: SRV=own; path=/\r\n",
      gets: "set-cookie: SRV=s1; path=/",
      log: "--NI s1",
    },
  ],
});

scenario({
  name: "cookie insert indirect: the server never sees the cookie",
  lines: "cookie SRV insert indirect",
  steps: [
    { gets: "set-cookie: SRV=s1; path=/", log: "--NI s1" },
    { cookie: "SRV=s2", log: "--VN s2" },
    { cookie: "a=b;SRV=s2 ;c=d", sees: "a=b; c=d", log: "--VN s2" },
    { cookie: "a=b , SRV=s1, x=y", sees: "a=b, x=y", log: "--VN s1" },
    { cookie: "SRV=no", gets: "set-cookie: SRV=s2; path=/", log: "--II s2" },
    { cookie: "$Version=1; SRV=s2; $Path=/", log: "--VN s2" },
  ],
});

scenario({
  name: "cookie insert nocache: a cacheable answer with a new cookie is private",
  lines: "cookie SRV insert indirect nocache",
  steps: [
    { answer: "ETag: x\r\n", gets: `set-cookie: SRV=s1; path=/${PRIVATE}`, log: "--NI s1" },
    { gets: "set-cookie: SRV=s2; path=/", log: "--NI s2" },
    {
      answer: "ETag: x\r\nCache-Control: no-store\r\n",
      gets: "cache-control: no-store | set-cookie: SRV=s1; path=/",
      log: "--NI s1",
    },
    { cookie: "SRV=s1", answer: "ETag: x\r\n", log: "--VN s1" },
    {
      method: "POST",
      answer: "ETag: x\r\n",
      gets: "set-cookie: SRV=s2; path=/",
      log: "--NI s2",
    },
  ],
});

scenario({
  name: "cookie insert postonly: only answers to POST get the cookie",
  lines: "cookie SRV insert postonly",
  steps: [
    { log: "--NN s1" },
    { method: "POST", gets: "set-cookie: SRV=s2; path=/", log: "--NI s2" },
  ],
});

scenario({
  name: "cookie insert preserve: the server may set the cookie itself",
  lines: "cookie SRV insert indirect preserve",
  steps: [
    { answer: "Set-Cookie: SRV=\r\n", gets: "set-cookie: SRV=", log: "--NP s1" },
    {
      cookie: "SRV=s2",
      answer: "Set-Cookie: SRV=x\r\n",
      gets: "set-cookie: SRV=x",
      log: "--VP s2",
    },
    { gets: "set-cookie: SRV=s2; path=/", log: "--NI s2" },
  ],
});

scenario({
  name: "cookie insert with attributes writes them in one order",
  lines:
    "cookie SRV insert secure httponly attr SameSite=None domain .a.example domain b.example attr X",
  steps: [
    {
      gets: "set-cookie: SRV=s1; path=/; domain=.a.example; domain=b.example; HttpOnly; Secure; " +
        "SameSite=None; X",
      log: "--NI s1",
    },
  ],
});

scenario({
  name: "cookie rewrite: the server's own cookie becomes the server's value",
  lines: "cookie SRV rewrite",
  steps: [
    { log: "--NN s1" },
    {
      answer: "Set-Cookie: SRV=x; Path=/\r\n",
      gets: "set-cookie: SRV=s2; Path=/",
      log: "--NR s2",
    },
    { cookie: "SRV=s1", sees: "SRV=s1", log: "--VN s1" },
    { cookie: "SRV=no", sees: "SRV=no", log: "--IN s1" },
  ],
});

scenario({
  name: "cookie prefix: the server's value stands before the application's",
  lines: "cookie APP prefix",
  steps: [
    {
      answer: "Set-Cookie: APP=x; Path=/\r\n",
      gets: "set-cookie: APP=s1~x; Path=/",
      log: "--NR s1",
    },
    { cookie: "APP=s2~x; a=b", sees: "APP=x; a=b", log: "--VN s2" },
    { cookie: "APP=x~s2", sees: "APP=s2", log: "--IN s2" },
    { cookie: "APP=s1", sees: "APP=s1", log: "--VN s1" },
  ],
});

scenario({
  name: "cookie without a mode is read only",
  lines: "cookie SRV",
  steps: [
    { answer: "Set-Cookie: SRV=s2\r\n", gets: "set-cookie: SRV=s2", log: "---- s1" },
    { cookie: "SRV=s2", sees: "SRV=s2", log: "---- s2" },
  ],
});

scenario({
  name: "a server without a value takes the client's cookie away",
  lines: "cookie SRV insert",
  servers: "server s1 $1 cookie s1 disabled\nserver s2 $2 backup",
  steps: [
    {
      gets: "set-cookie: SRV=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/",
      log: "--NI s2",
    },
  ],
});

scenario({
  name: "servers may share a value: the first that is up is used",
  lines: "cookie SRV insert",
  servers: "server s1 $1 cookie s disabled\nserver s2 $2 cookie s",
  steps: [{ cookie: "SRV=s", sees: "SRV=s", log: "--VN s2" }],
});

scenario({
  name: "denied requests and failed answers tell of their cookie in the log",
  lines: `cookie SRV insert indirect
    http-request deny if { path /denied }
    http-request return status 200 if { path /here }
    http-response deny if { res.hdr(x) -m found }`,
  steps: [
    { path: "/denied", cookie: "SRV=s1", gets: "cache-control: no-cache", log: "PRVN s1" },
    { path: "/denied", cookie: "SRV=x", gets: "cache-control: no-cache", log: "PRIN <NOSRV>" },
    { path: "/here", cookie: "SRV=s1", log: "LRNN <NOSRV>" },
    {
      cookie: "SRV=s2",
      answer: "X: y\r\n",
      gets: "cache-control: no-cache",
      log: "PHVN s2",
    },
  ],
});
