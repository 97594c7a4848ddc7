/** The options of the command line (management guide, section 3), one row each, and the sub-commands. */
import { TRANSPORTS } from "../net/best_transport.ts";
import { type CommandLine, UsageError } from "./command_line.ts";

export interface CliOption {
  readonly name: string;
  /** How many words follow: none, one, or all up to the next option. */
  readonly takes: "nothing" | "one" | "list";
  /** The option may carry more in the same word, as in `-dM0,tag`. */
  readonly glued?: boolean;
  readonly label?: string;
  /** One sentence without a final full stop. */
  readonly summary: string;
  readonly apply: (line: CommandLine, values: readonly string[]) => UsageError | void;
}

function flag(name: string, summary: string, apply: (line: CommandLine) => void): CliOption {
  return { name, takes: "nothing", summary, apply };
}

function value(
  name: string,
  label: string,
  summary: string,
  apply: (line: CommandLine, value: string) => UsageError | void,
): CliOption {
  return { name, takes: "one", label, summary, apply: (line, values) => apply(line, values[0]) };
}

/** Known, and not to be had: the sentence says what to do instead. */
function refused(
  name: string,
  summary: string,
  instead: string,
  more: Partial<CliOption> = {},
): CliOption {
  return {
    name,
    takes: "nothing",
    summary: `(not supported: ${instead}) ${summary}`,
    apply: () => new UsageError(`'${name}' is not supported: ${instead}`),
    ...more,
  };
}

/** Known, harmless, and without effect here. */
function ignored(name: string, summary: string, why: string): CliOption {
  return {
    name,
    takes: "nothing",
    summary: `(changes nothing: ${why}) ${summary}`,
    apply: (line) => void line.warnings.push(`'${name}' changes nothing: ${why}`),
  };
}

function count(
  name: string,
  summary: string,
  apply: (line: CommandLine, number: number) => void,
): CliOption {
  return value(name, "<limit>", summary, (line, text) => {
    if (!/^[0-9]{1,9}$/.test(text)) {
      return new UsageError(`'${name}' needs a number, not '${text}'`);
    }
    // As for the keyword: 0 sets no limit.
    if (Number(text) > 0) apply(line, Number(text));
  });
}

function replacing(name: string, signal: "SIGUSR1" | "SIGTERM", summary: string): CliOption {
  return {
    name,
    takes: "list",
    label: "<pid>*",
    summary,
    apply(line, values) {
      const pids: number[] = [];
      for (
        const text of values.flatMap((each) => each.split(/\s+/)).filter((each) => each !== "")
      ) {
        if (!/^[0-9]{1,10}$/.test(text) || Number(text) < 1) {
          return new UsageError(`'${name}' needs process numbers, not '${text}'`);
        }
        pids.push(Number(text));
      }
      line.replace = { signal, pids };
    },
  };
}

export const OPTIONS: readonly CliOption[] = [
  value(
    "-f",
    "<file|directory>",
    "Reads this file, or all .cfg and .yaml files of a directory; may be given several times",
    (line, path) => {
      line.files.push(path);
    },
  ),
  value("-C", "<directory>", "Changes to this directory before anything is read", (line, path) => {
    line.directory = path;
  }),
  flag(
    "-c",
    "Checks the configuration and ends: 0 when it is right, 1 when it is wrong, 2 when nothing would listen",
    (line) => {
      if (line.command === "run") line.command = "check";
    },
  ),
  value(
    "-cc",
    "<condition>",
    "Evaluates a condition as after '.if': 0 when it is true, 1 when it is false, 2 when it is wrong",
    (line, text) => {
      if (line.command !== "version") line.command = "condition";
      line.condition = text;
    },
  ),
  flag("-D", "Goes to the background once the listeners are open", (line) => {
    line.daemon = true;
  }),
  flag("-db", "Stays in the foreground, whatever the configuration says", (line) => {
    line.foreground = true;
  }),
  value(
    "-p",
    "<file>",
    "Writes the process's number into this file (with -D, -W or -Ws)",
    (line, path) => {
      line.pidfile = path;
    },
  ),
  count(
    "-n",
    "Connections at the same time in the whole process, before 'maxconn' of the global section",
    (line, n) => {
      line.maxconn = n;
    },
  ),
  count("-N", "'maxconn' of frontends that set none", (line, n) => {
    line.proxyMaxconn = n;
  }),
  value(
    "--transport",
    "epoll|deno",
    "How sockets are served: by libc and epoll (Linux, FFI permitted), or by Deno's own calls",
    (line, name) => {
      const transport = TRANSPORTS.find((each) => each === name);
      if (transport === undefined) {
        return new UsageError(`'--transport ${name}': it is 'epoll' or 'deno'`);
      }
      line.transport = transport;
    },
  ),
  flag("-de", "Does without epoll: as --transport deno", (line) => {
    line.transport = "deno";
  }),
  flag("-q", "Prints no messages", (line) => {
    line.quiet = true;
  }),
  flag(
    "-V",
    "Prints messages even when the configuration says 'quiet', and what is being started",
    (line) => {
      line.verbose = true;
      line.quiet = false;
    },
  ),
  flag("-v", "Prints the version", (line) => {
    line.command = "version";
  }),
  flag("-vv", "Prints the version, the runtime and what it is able to do here", (line) => {
    line.command = "version";
    line.everything = true;
  }),
  flag(
    "-W",
    "Master-worker mode: one process that reloads in place on SIGUSR2, which sluice always does",
    (line) => {
      line.masterWorker = true;
    },
  ),
  flag("-Ws", "As -W, and tells systemd when it is ready (Type=notify)", (line) => {
    line.masterWorker = true;
    line.notify = true;
  }),
  value(
    "-S",
    "<bind>[,<setting>…]",
    "With -W or -Ws, opens the master's command socket, which reaches every process",
    (line, text) => {
      line.masterSocket = text;
    },
  ),
  replacing(
    "-sf",
    "SIGUSR1",
    "After the start, tells these processes to finish their streams and to end",
  ),
  replacing("-st", "SIGTERM", "After the start, tells these processes to end at once"),
  value(
    "-L",
    "<name>",
    "Name of the local peer: $HAPROXY_LOCALPEER in the configuration",
    (line, name) => {
      line.localPeer = name;
    },
  ),
  flag(
    "--watch",
    "Reads the configuration again when its files, or files that it names, have changed",
    (line) => {
      line.watch = true;
    },
  ),
  flag("-dW", "Does not start when there is a warning ('zero-warning')", (line) => {
    line.zeroWarning = true;
  }),
  flag("-dD", "Shows the notes of '.diag' too", (line) => {
    line.diagnostic = true;
  }),
  ignored(
    "-dr",
    "Starts though a server's name cannot be resolved",
    "names are resolved when a connection is made, never at the start",
  ),
  ignored("-dG", "Does without getaddrinfo()", "the runtime resolves names"),
  ignored("-dS", "Does without splice()", "write 'nosplice' in the global section"),
  ignored("-dk", "Does without kqueue", "the runtime chooses how to wait"),
  ignored("-dp", "Does without poll", "the runtime chooses how to wait"),
  refused(
    "-d",
    "Shows everything that is going on",
    "use '-db' with 'log stdout format raw local0' to see every request",
  ),
  refused(
    "-dV",
    "Does not verify servers' certificates",
    "write 'verify none' on the server's line",
  ),
  refused("-dL", "Lists the loaded libraries", "sluice is one file, '-vv' says what it is made of"),
  refused(
    "-dK",
    "Lists the keywords",
    "use 'sluice help', 'sluice help KEYWORD' and docs/reference",
    { glued: true },
  ),
  refused("-dM", "Debugs memory", "memory is the runtime's, use its --v8-flags", { glued: true }),
  refused("-m", "Limits memory", "use MemoryMax= of systemd, or the limit of the container", {
    takes: "one",
    label: "<megabytes>",
  }),
  value(
    "-x",
    "<socket>",
    "(changes nothing: with '-sf' no connection is lost) Takes the listeners over from another process",
    (line) => {
      line.warnings.push("'-x' changes nothing: with '-sf' no connection is lost");
    },
  ),
];

/** An option of one sub-command only. */
export interface SubOption {
  readonly name: string;
  /** what stands behind it; undefined: nothing */
  readonly label?: string;
  readonly summary: string;
}

export interface SubCommand {
  readonly name: string;
  readonly options?: readonly SubOption[];
  readonly label: string;
  readonly summary: string;
  /** Takes the words that follow the sub-command and are no options. */
  readonly apply: (line: CommandLine, words: readonly string[]) => UsageError | void;
}

export const EXPLAIN_OPTIONS: readonly SubOption[] = [
  { name: "--request", label: "'METHOD URL'", summary: "The request, in place of the words" },
  { name: "--src", label: "ADDRESS[:PORT]", summary: "The client's address (192.0.2.1)" },
  { name: "--dst", label: "ADDRESS[:PORT]", summary: "The address that the client came to" },
  { name: "-H", label: "'Name: value'", summary: "A header of the request; may be repeated" },
  { name: "--data", label: "TEXT", summary: "The body, or what a client of TCP sends" },
  { name: "--sni", label: "NAME", summary: "A TCP client begins TLS with this server name" },
  { name: "--frontend", label: "NAME", summary: "The frontend, where the URL does not tell" },
  { name: "--bind", label: "ADDRESS", summary: "The bind line: its address, port or name" },
  { name: "--down", label: "BACKEND/SERVER", summary: "A server that is down; may be repeated" },
  { name: "--answer", label: "STATUS", summary: "What servers answer (200)" },
  {
    name: "--answer-header",
    label: "'Name: value'",
    summary: "A header of that answer; may be repeated",
  },
  { name: "--at", label: "TIME", summary: "The time (2026-01-31T12:00:00Z) instead of now" },
  { name: "--all", summary: "Every rule, also long runs of those that do not apply" },
  { name: "--json", summary: "Prints the explanation as JSON" },
];

export const TEST_OPTIONS: readonly SubOption[] = [
  { name: "--filter", label: "TEXT", summary: "Only tests with this in their names" },
  { name: "--json", summary: "Prints the results and the coverage as JSON" },
  { name: "--junit", summary: "Prints the results as JUnit's XML" },
];

const CTL_OPTIONS: readonly SubOption[] = [
  { name: "--socket", label: "PLACE", summary: "The runtime socket: a path, or address:port" },
  {
    name: "--api",
    label: "URL",
    summary: "The REST API in its place, such as http://127.0.0.1:8406",
  },
  { name: "--token-file", label: "FILE", summary: "The file with the token for it" },
  { name: "--cert", label: "FILE", summary: "A client certificate (PEM) in place of the token" },
  { name: "--key", label: "FILE", summary: "Its key, where it is not in the same file" },
  { name: "--cacert", label: "FILE", summary: "The authority of the certificate of the API" },
  { name: "--json", summary: "Prints JSON in place of tables" },
];

function noWords(name: string, words: readonly string[]): UsageError | void {
  if (words.length > 0) return new UsageError(`unexpected '${words[0]}' after '${name}'`, true);
}

export const SUB_COMMANDS: readonly SubCommand[] = [
  {
    name: "run",
    label: "[FILE …]",
    summary: "Balances (the default); with no file, by the SLUICE_* variables of the environment",
    apply: (line, words) => void line.files.push(...words),
  },
  {
    name: "check",
    label: "[FILE …]",
    summary: "Checks the configuration, as -c -f FILE",
    apply(line, words) {
      line.command = "check";
      line.files.push(...words);
    },
  },
  {
    name: "convert",
    label: "FILE [--to yaml|cfg]",
    summary: "Prints the configuration in the other form, comments kept",
    apply(line, words) {
      line.command = "convert";
      line.files.push(...words);
      if (line.files.length === 0) return new UsageError("'convert' needs a file", true);
    },
  },
  {
    name: "ctl",
    label: "COMMAND",
    summary: "Looks at a running process and changes it, by its runtime socket or REST API",
    options: CTL_OPTIONS,
    apply(line, words) {
      line.command = "ctl";
      line.topic.push(...words);
    },
  },
  {
    name: "explain",
    label: "[METHOD] URL",
    summary: "Says where a request would go and why: every rule, without touching the network",
    options: EXPLAIN_OPTIONS,
    apply(line, words) {
      line.command = "explain";
      line.topic.push(...words);
    },
  },
  {
    name: "help",
    label: "[KEYWORD]",
    summary: "Explains a keyword of the configuration or an option",
    apply(line, words) {
      line.command = "help";
      line.topic.push(...words);
    },
  },
  {
    name: "test",
    label: "[-f CONFIG] FILE",
    summary: "Runs the tests of a configuration, without touching the network",
    options: TEST_OPTIONS,
    apply(line, words) {
      line.command = "test";
      line.topic.push(...words);
      if (line.topic.length + line.files.length === 0) {
        return new UsageError("'test' needs a file", true);
      }
    },
  },
  {
    name: "version",
    label: "",
    summary: "Prints the version, as -vv",
    apply(line, words) {
      line.command = "version";
      line.everything = true;
      return noWords("version", words);
    },
  },
];
