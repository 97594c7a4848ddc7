/** Which server persistence leads to (manual 4.2): also true of the real HAProxy. */
import { scenario } from "./steps.ts";

const COOKIE = "cookie SRV insert indirect\n";
const DISABLED = "server s1 $1 cookie s1 disabled\nserver s2 $2 cookie s2";
const DEAD = "server s1 $0 cookie s1\nserver s2 $2 cookie s2";
const NEW = "set-cookie: SRV=s2; path=/";
const ERROR = "cache-control: no-cache";

scenario({
  name: "a cookie for a server that is down is answered with another",
  lines: COOKIE,
  servers: DISABLED,
  steps: [
    { cookie: "SRV=s1", gets: NEW, log: "--DI s2" },
    { cookie: "SRV=s2", log: "--VN s2" },
  ],
});

scenario({
  name: "option persist: a cookie leads to its server even when that is down",
  lines: `${COOKIE}option persist`,
  servers: DISABLED,
  steps: [
    { cookie: "SRV=s1", log: "--DN s1" },
    { gets: NEW, log: "--NI s2" },
  ],
});

scenario({
  name: "force-persist: only where its condition holds",
  lines: `${COOKIE}force-persist if { path /force }`,
  servers: DISABLED,
  steps: [
    { path: "/force", cookie: "SRV=s1", log: "--DN s1" },
    { cookie: "SRV=s1", gets: NEW, log: "--DI s2" },
  ],
});

scenario({
  name: "ignore-persist: the cookie is neither used nor replaced",
  lines: `${COOKIE}ignore-persist if { path /static }`,
  steps: [
    { path: "/static", cookie: "SRV=s2", log: "--UN s1" },
    { path: "/static", cookie: "SRV=s2", log: "--UN s2" },
    { path: "/static", log: "--NN s1" },
    { cookie: "SRV=s1", log: "--VN s1" },
  ],
});

scenario({
  name: "of force-persist and ignore-persist the first that applies holds",
  lines: `${COOKIE}force-persist if { path /a }\nignore-persist unless { path /b }`,
  servers: DISABLED,
  steps: [
    { path: "/a", cookie: "SRV=s1", log: "--DN s1" },
    { path: "/b", cookie: "SRV=s1", gets: NEW, log: "--DI s2" },
    { path: "/c", cookie: "SRV=s2", log: "--UN s2" },
  ],
});

scenario({
  name: "a server with weight 0 keeps its clients",
  lines: COOKIE,
  servers: "server s1 $1 cookie s1 weight 0\nserver s2 $2 cookie s2",
  steps: [
    { cookie: "SRV=s1", log: "--VN s1" },
    { gets: NEW, log: "--NI s2" },
  ],
});

scenario({
  name: "option redispatch: a server that cannot be reached is left, and the cookie with it",
  lines: `${COOKIE}retries 1\noption redispatch`,
  servers: DEAD,
  steps: [
    { cookie: "SRV=s1", gets: NEW, log: "--DI s2" },
    { cookie: "SRV=s2", log: "--VN s2" },
  ],
});

scenario({
  name: "without redispatch the client hears that its server cannot be reached",
  lines: `${COOKIE}retries 0`,
  servers: DEAD,
  steps: [{ cookie: "SRV=s1", gets: ERROR, log: "SCVN s1" }],
});

scenario({
  name: "force-persist switches redispatch off",
  lines: `${COOKIE}retries 1\noption redispatch\nforce-persist if TRUE`,
  servers: DEAD,
  steps: [{ cookie: "SRV=s1", gets: ERROR, log: "SCVN s1" }],
});

scenario({
  name: "use-server goes before the cookie, and no cookie is inserted for it",
  lines: `${COOKIE}use-server s2 if { path /two }\nuse-server s1 unless { path_beg / }`,
  steps: [
    { path: "/two", log: "--NN s2" },
    { path: "/two", cookie: "SRV=s1; a=b", sees: "a=b", log: "--UN s2" },
    { cookie: "SRV=s1", log: "--VN s1" },
  ],
});

scenario({
  name: "use-server by a format: a name that no server has is passed over",
  lines: `${COOKIE}use-server %[path,field(2,/)] if { path_beg /s }\nuse-server s1 if { path /x }`,
  steps: [
    { path: "/s2", log: "--NN s2" },
    { path: "/s9", cookie: "SRV=s2", log: "--VN s2" },
    { path: "/x", cookie: "SRV=s2", log: "--UN s1" },
  ],
});

scenario({
  name: "use-server passes over a server that is down, unless persistence is forced",
  lines: `${COOKIE}force-persist if { path /force }
    use-server s1 if TRUE
    use-server s2 if { path /two }`,
  servers: DISABLED,
  steps: [
    { path: "/two", log: "--NN s2" },
    { gets: NEW, log: "--NI s2" },
    { path: "/force", log: "--NN s1" },
  ],
});

scenario({
  name: "use-server is left by a redispatch",
  lines: `${COOKIE}retries 1\noption redispatch\nuse-server s1 if TRUE`,
  servers: DEAD,
  steps: [{ cookie: "SRV=s1", gets: NEW, log: "--UI s2" }],
});
