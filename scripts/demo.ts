/**
 * `deno task demo [--port N]`: sluice on port 8080 with three small servers behind it, all on this machine.
 * Prints what to open and what to try. Ctrl-C stops everything.
 */
import { DEMO_CONFIG } from "../lib/demo/config.ts";
import { type DemoServer, startDemoServer } from "../lib/demo/servers.ts";
import { demoCertificate } from "./certs.ts";
import { V8_FLAGS } from "./v8_flags.ts";

const root = new URL("../", import.meta.url).pathname;
const position = Deno.args.indexOf("--port");
const port = position < 0 ? 8080 : Number(Deno.args[position + 1]);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error("demo: --port must be followed by a port number");
  Deno.exit(2);
}

/** 8404 beside 8080, where HAProxy's manual has the statistics. */
const statsPort = port + 324 <= 65_535 ? port + 324 : port - 324;

/** 8443 beside 8080. */
const tlsPort = port + 363 <= 65_535 ? port + 363 : port - 363;
const certificate = demoCertificate();
const config = certificate === undefined ? DEMO_CONFIG : withTls(DEMO_CONFIG, certificate);

const say = (line: string) => console.log(`\x1b[2m${line}\x1b[0m`);
const servers: DemoServer[] = [
  startDemoServer("red", "#d33f49", say),
  startDemoServer("green", "#2e9e5b", say),
  startDemoServer("blue", "#3366cc", say),
];
const directory = Deno.makeTempDirSync({ prefix: "sluice-demo-" });
const configPath = `${directory}/sluice.yaml`;
Deno.writeTextFileSync(configPath, config);

const sluice = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", V8_FLAGS, `${root}main.ts`, "-db", "-f", configPath],
  env: {
    DEMO_BIND: `:${port}`,
    DEMO_TLS: `:${tlsPort}`,
    DEMO_STATS: `127.0.0.1:${statsPort}`,
    ...Object.fromEntries(
      servers.map((each) => [`DEMO_${each.name.toUpperCase()}`, String(each.port)]),
    ),
  },
  stdin: "null",
}).spawn();

let asked = false;
const stop = () => {
  if (asked) return;
  asked = true;
  try {
    sluice.kill("SIGTERM");
  } catch {
    // It has ended already: Ctrl-C reaches it as well.
  }
};
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);

if (await listening(port)) {
  const at = `http://localhost:${port}`;
  const secureLine = certificate === undefined
    ? ""
    : `         https://localhost:${tlsPort}/                   the same over TLS and HTTP/2, with a certificate of its own\n`;
  console.log(`
sluice runs in front of three small servers: red (weight 2), green, and blue for /api/.

  open   ${at}/                    a page; load it again and the next server answers
         http://localhost:${statsPort}/                    the statistics: servers can be taken out and back
${secureLine}  try    curl ${at}/               red, red, green, …
         curl ${at}/api/x          rules: /api/ goes to blue
         curl -i ${at}/private     rules: refused with 403
         curl ${at}/break          that server goes away for 10 s: checks see it, nobody else does
         curl ${at}/slow           an answer after two seconds, with the timers in the log

  edit   ${configPath}
         and reload it without losing a request:  kill -USR2 ${sluice.pid}

What follows are log lines in HAProxy's format. Ctrl-C stops everything.
`);
}

const status = await sluice.status;
await Promise.all(servers.map((each) => each.close()));
Deno.removeSync(directory, { recursive: true });
if (!asked && status.code !== 0) {
  console.error(`sluice ended with ${status.code}. Is port ${port} in use? Then try --port 8081.`);
}
Deno.exit(asked ? 0 : status.code);

/** The configuration with a second address, which speaks TLS. */
function withTls(text: string, crt: string): string {
  const secure = `{ address: "\${DEMO_TLS}", ssl: true, crt: "${crt}", alpn: [h2, http/1.1] }`;
  return text.replace(
    /bind: ("\$\{DEMO_BIND\}")/,
    (_, plain) => `bind:\n      - ${plain}\n      - ${secure}`,
  );
}

/** Waits until sluice accepts connections; false when it ended before. */
async function listening(port: number): Promise<boolean> {
  let ended = false;
  sluice.status.then(() => ended = true);
  for (let n = 0; n < 200 && !ended; n++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      // Another program may hold the port: then sluice ends at once.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return !ended;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return false;
}
