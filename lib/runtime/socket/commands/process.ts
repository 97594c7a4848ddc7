/** Commands that show the process: environment, threads, memory, descriptors (management manual 9.3). */
import type { StreamView } from "../../../expr/context.ts";
import type { Typed } from "../../../expr/sample.ts";
import { existingVariables } from "../../../expr/variables.ts";
import type { ProcessState } from "../../process_state.ts";
import { GC } from "../../../state/traffic.ts";
import type { CommandContext, CommandRow } from "../command.ts";
import { parseTime } from "../duration.ts";

const section = "9.3";

function* descriptors(only: string | undefined): Iterable<string> {
  let names: string[] = [];
  try {
    names = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => name)
      .sort((a, b) => Number(a) - Number(b));
  } catch {
    yield "The descriptors cannot be read: there is no /proc/self/fd, or no permission to read it.\n";
  }
  for (const name of names) {
    if (only !== undefined && only !== name) continue;
    try {
      yield `${name.padStart(7)} : ${Deno.readLinkSync(`/proc/self/fd/${name}`)}\n`;
    } catch {
      // It was closed meanwhile.
    }
  }
}

async function* waiting(ms: number, { host, session }: CommandContext) {
  let cancel = () => {};
  const over = new Promise<void>((resolve) => cancel = host.state.clock.after(ms, resolve));
  await Promise.race([over, session.interrupted]);
  cancel();
  yield "";
}

/** The value of a variable that the configuration names. */
function processVariable(name: string, process: ProcessState): Typed | undefined {
  for (const variable of existingVariables()) {
    if (variable.name === name) return variable.get({ process } as unknown as StreamView);
  }
  return undefined;
}

function row(
  words: string,
  args: string,
  level: CommandRow["level"],
  doc: string,
  run: CommandRow["run"],
  scope?: CommandRow["scope"],
): CommandRow {
  return { words: words.split(" "), args, level, doc, section, run, ...(scope && { scope }) };
}

/** It concerns the connection alone. */
function own(...args: Parameters<typeof row>): CommandRow {
  return { ...row(...args), own: true };
}

export const processCommands: readonly CommandRow[] = [
  row("show env", "[var]", "operator", "environment variables of the process", ([name]) => {
    const all = Object.entries(Deno.env.toObject());
    if (name === undefined) return all.map(([key, value]) => `${key}=${value}\n`).join("");
    const found = all.find(([key]) => key === name);
    return found === undefined ? "Variable not found\n" : `${name}=${found[1]}\n`;
  }),
  row(
    "show startup-logs",
    "",
    "user",
    "what was said of the configuration",
    (_args, { host }) => `${host.startupLogs}\n`,
  ),
  row(
    "show activity",
    "",
    "operator",
    "how much the process has done",
    (_args, { host: { state } }) => {
      const { rss, heapUsed, heapTotal, external } = Deno.memoryUsage();
      const seconds = state.wall() / 1000;
      return `thread_id: 1 (1..${state.threads})\ndate_now: ${seconds.toFixed(6)}\n` +
        `accepted: ${state.counters.total(GC.cum_conns)}\n` +
        `stream_calls: ${state.counters.total(GC.cum_req)}\n` +
        `sessions: ${state.actconn}\nconnections_to_servers: ${state.shared.upstreams}\n` +
        `idle_connections_to_servers: ${state.shared.idleUpstreams}\nrss_bytes: ${rss}\n` +
        `heap_used_bytes: ${heapUsed}\nheap_total_bytes: ${heapTotal}\nexternal_bytes: ${external}\n`;
    },
  ),
  row(
    "show threads",
    "",
    "operator",
    "the threads that serve",
    (_args, { host: { state, acceptor } }) =>
      `* Thread ${state.thread + 1} : pid=${state.pid} act=1 sessions=${acceptor.sessions.size}\n`,
    () => "join",
  ),
  row(
    "show pools",
    "",
    "operator",
    "the buffers of the process",
    (_args, { host: { state } }) => {
      const { full, bulk } = state.buffers;
      return "Dumping pools usage.\n" +
        `  - Pool buffer (${full.size} bytes) : ${full.stats.lent} used\n` +
        `  - Pool bulk (${bulk.size} bytes) : ${bulk.stats.lent} used\n` +
        `Total: 2 pools, ${
          full.stats.lent * full.size + bulk.stats.lent * bulk.size
        } bytes used.\n`;
    },
  ),
  row("show fd", "[num]", "operator", "open descriptors", ([only]) => descriptors(only)),
  row(
    "wait",
    "<delay>",
    "user",
    "answer only after this time (ms, or with a unit)",
    ([text], context) => {
      const ms = text === undefined ? undefined : parseTime(text, "ms");
      return ms === undefined ? "Expects a duration in milliseconds.\n" : waiting(ms, context);
    },
  ),
  row(
    "get var",
    "<name>",
    "operator",
    "a variable of the process (proc.NAME)",
    ([name], { host: { state } }) => {
      if (name === undefined) return "Missing process-wide variable identifier.\n";
      const value = name.startsWith("proc.") ? processVariable(name, state) : undefined;
      return value === undefined
        ? "Variable not found.\n"
        : `${name}: type=${value.type} value=<${value.value}>\n`;
    },
  ),
  own(
    "expert-mode",
    "[on|off]",
    "admin",
    "whether commands for experts are permitted",
    ([word], { session }) => {
      if (word === undefined) return `expert-mode is ${session.expert ? "ON" : "OFF"}\n`;
      session.expert = word === "on";
      return "";
    },
  ),
  row(
    "set severity-output",
    "[none|number|string]",
    "user",
    "severity before answers",
    ([word]) =>
      word === "none"
        ? ""
        : ["number", "string"].includes(word ?? "")
        ? "Answers of sluice have no severity: only 'none' is supported.\n"
        : "one of 'none', 'number', 'string' is a required argument\n",
  ),
];
