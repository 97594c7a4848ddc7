import assert from "node:assert/strict";
import fc from "fast-check";
import { type CommandLine, emptyCommandLine, UsageError } from "../../lib/cli/command_line.ts";
import { OPTIONS, SUB_COMMANDS } from "../../lib/cli/option_rows.ts";
import { parseCommandLine } from "../../lib/cli/parse_command_line.ts";

function parse(...args: string[]): CommandLine {
  const line = parseCommandLine(args);
  assert.ok(!(line instanceof UsageError), (line as UsageError).message);
  return line;
}

function refusal(...args: string[]): string {
  const line = parseCommandLine(args);
  assert.ok(line instanceof UsageError, `${args.join(" ")} is accepted`);
  return line.message;
}

/** Each row: the arguments, and what differs from an empty command line. */
const TABLE: readonly (readonly [string, Partial<CommandLine>])[] = [
  ["", {}],
  ["-f a.cfg", { files: ["a.cfg"] }],
  ["-f a -f b -- c d", { files: ["a", "b", "c", "d"] }],
  ["-- -odd -f", { files: ["-odd", "-f"] }],
  ["-f a -- b", { files: ["a", "b"] }],
  ["-C /etc -f a", { directory: "/etc", files: ["a"] }],
  ["-c -f a", { command: "check", files: ["a"] }],
  ["-c -q", { command: "check", quiet: true }],
  ["-q -V", { quiet: false, verbose: true }],
  ["-V -q", { quiet: true, verbose: true }],
  ["-cc defined(HOME)", { command: "condition", condition: "defined(HOME)" }],
  ["-D -p /run/pid", { daemon: true, pidfile: "/run/pid" }],
  ["-db -D", { foreground: true, daemon: true }],
  ["-W", { masterWorker: true }],
  ["-Ws", { masterWorker: true, notify: true }],
  ["-n 100 -N 50", { maxconn: 100, proxyMaxconn: 50 }],
  ["-n 0", {}],
  ["-v", { command: "version" }],
  ["-v -c", { command: "version" }],
  ["-vv", { command: "version", everything: true }],
  ["--version", { command: "version" }],
  ["-h", { command: "help" }],
  ["--help", { command: "help" }],
  ["-dW -dD", { zeroWarning: true, diagnostic: true }],
  ["-L me", { localPeer: "me" }],
  ["-sf", { replace: { signal: "SIGUSR1", pids: [] } }],
  ["-sf 1 22 -c", { command: "check", replace: { signal: "SIGUSR1", pids: [1, 22] } }],
  ["-st 7 -f x", { replace: { signal: "SIGTERM", pids: [7] }, files: ["x"] }],
  ["run a.yaml -D", { files: ["a.yaml"], daemon: true }],
  ["check a b", { command: "check", files: ["a", "b"] }],
  ["check -q a", { command: "check", files: ["a"], quiet: true }],
  ["convert a.cfg", { command: "convert", files: ["a.cfg"] }],
  ["convert a --to yaml", { command: "convert", files: ["a"], to: "yaml" }],
  ["convert --to=cfg a", { command: "convert", files: ["a"], to: "cfg" }],
  ["help", { command: "help" }],
  ["help timeout connect", { command: "help", topic: ["timeout", "connect"] }],
  ["help -sf", { command: "help", topic: ["-sf"] }],
  ["version", { command: "version", everything: true }],
];

for (const [text, expected] of TABLE) {
  Deno.test(`the command line 'sluice ${text}' is read as HAProxy reads it`, () => {
    const line = parse(...text.split(" ").filter((each) => each !== ""));
    assert.deepEqual(line, { ...emptyCommandLine(), ...expected });
  });
}

Deno.test("-sf takes the content of a pid file in one word, also when it is empty", () => {
  assert.deepEqual(parse("-sf", "12\n13\n").replace?.pids, [12, 13]);
  assert.deepEqual(parse("-sf", "").replace?.pids, []);
});

Deno.test("an option that lacks its value, or has a wrong one, is refused with its name", () => {
  for (const name of ["-f", "-C", "-p", "-n", "-N", "-L", "-cc"]) {
    assert.match(refusal(name), new RegExp(`^'${name}' needs <`));
  }
  assert.equal(refusal("-n", "abc"), "'-n' needs a number, not 'abc'");
  assert.equal(refusal("-sf", "abc"), "'-sf' needs process numbers, not 'abc'");
  assert.equal(refusal("-st", "0"), "'-st' needs process numbers, not '0'");
  assert.equal(refusal("convert", "a", "--to", "json"), "'--to' needs 'yaml' or 'cfg', not 'json'");
  assert.equal(refusal("convert"), "'convert' needs a file");
});

Deno.test("an unknown option or command is refused with the nearest one", () => {
  assert.equal(refusal("-dw"), "unknown option '-dw', did you mean '-dW'?");
  assert.equal(refusal("--zzz"), "unknown option '--zzz'");
  assert.equal(refusal("chek", "x"), "unknown command 'chek', did you mean 'check'?");
  assert.equal(refusal("a.cfg"), "unexpected 'a.cfg': a file is given by '-f a.cfg'");
  assert.equal(refusal("-c", "a.cfg"), "unexpected 'a.cfg': a file is given by '-f a.cfg'");
});

Deno.test("what HAProxy has and sluice has not is refused with a sentence on what to use", () => {
  for (
    const [args, instead] of [
      [["-m", "100"], /MemoryMax=/],
      [["-dMno-cache"], /--v8-flags/],
      [["-dKall"], /sluice help/],
      [["-d"], /-db/],
    ] as const
  ) {
    const message = refusal(...args);
    assert.match(message, /^'-\w+' is not supported: /);
    assert.match(message, instead);
  }
});

Deno.test("what changes nothing here is said and accepted", () => {
  for (const name of ["-dr", "-dG", "-dS", "-dk", "-dp"]) {
    const { warnings } = parse(name, "-f", "x");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], new RegExp(`^'${name}' changes nothing: `));
  }
});

Deno.test("-de does without epoll, and --transport names what is used", () => {
  assert.equal(parse("-de", "-f", "x").transport, "deno");
  assert.equal(parse("--transport", "epoll", "-f", "x").transport, "epoll");
});

Deno.test("every option of HAProxy's management guide has a row", () => {
  const rows = new Set(OPTIONS.map((row) => row.name));
  const guide =
    "-f -C -D -L -N -V -W -Ws -c -cc -d -dD -dG -dK -dL -dM -dS -dV -dW -db -de -dk -dp " +
    "-dr -m -n -p -q -S -sf -st -v -vv -x";
  for (const name of guide.split(" ")) assert.ok(rows.has(name), name);
  assert.equal(rows.size, OPTIONS.length, "no name twice");
});

Deno.test("no words make the parser throw or forget a file", () => {
  const words = [
    ...OPTIONS.map((row) => row.name),
    ...SUB_COMMANDS.map((row) => row.name),
    "--",
    "x",
    "12",
    "",
    "-",
    "--to",
    "--to=yaml",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 8 }), (args) => {
      const line = parseCommandLine(args);
      if (line instanceof UsageError) assert.ok(line.message.length > 0);
      else assert.ok(line.files.length <= args.length);
    }),
    { seed: 3, numRuns: 2000 },
  );
});
