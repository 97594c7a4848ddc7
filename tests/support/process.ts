/** Real programs, started with their output in a file and stopped by their own process id. */
import type { Scope } from "./scope.ts";
import { findProgram } from "./needs.ts";
import { delay } from "./poll.ts";

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly clearEnv?: boolean;
  readonly cwd?: string;
  /** network namespace to run in */
  readonly namespace?: string;
  /** signal that asks it to stop, default SIGTERM */
  readonly stopSignal?: Deno.Signal;
}

/** A running program. `pid` is the program's own: sh and ip replace themselves by it. */
export class Running {
  exit: Deno.CommandStatus | undefined;
  readonly exited: Promise<Deno.CommandStatus>;

  constructor(
    readonly name: string,
    readonly child: Deno.ChildProcess,
    readonly outputPath: string,
    private readonly stopSignal: Deno.Signal,
  ) {
    this.exited = child.status.then((status) => this.exit = status);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Everything written to stdout and stderr so far. */
  output(): string {
    try {
      return Deno.readTextFileSync(this.outputPath);
    } catch {
      return "";
    }
  }

  signal(signal: Deno.Signal): void {
    if (this.exit !== undefined) return;
    try {
      this.child.kill(signal);
    } catch (error) {
      // It has ended, and its status is still on the way.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Asks it to stop, insists after 5 s, and waits for its end. */
  async stop(signal: Deno.Signal = this.stopSignal): Promise<Deno.CommandStatus> {
    if (this.exit !== undefined) return this.exit;
    const below = descendants(this.pid);
    this.signal(signal);
    const insist = setTimeout(() => this.signal("SIGKILL"), 5000);
    const status = await this.exited;
    clearTimeout(insist);
    // A master that had to be killed leaves its workers behind.
    for (const pid of below) await endProcess(pid, 2000);
    return status;
  }
}

/** Starts a program; its end is part of the scope's. */
export function start(
  scope: Scope,
  name: string,
  command: readonly string[],
  options: StartOptions = {},
): Running {
  const [program, ...args] = command;
  const path = findProgram(program);
  if (path === undefined) throw new Error(`${program} is not installed`);
  let n = 0;
  while (exists(scope.path(`${name}.${n}.out`))) n++;
  const outputPath = scope.path(`${name}.${n}.out`);
  Deno.writeTextFileSync(outputPath, "");
  const inner = ["/bin/sh", "-c", 'exec "$@" >>"$0" 2>&1', outputPath, path, ...args];
  const outer = options.namespace === undefined
    ? inner
    : [findProgram("ip") ?? "ip", "netns", "exec", options.namespace, ...inner];
  const child = new Deno.Command(outer[0], {
    args: outer.slice(1),
    stdin: "null",
    stdout: "null",
    stderr: "null",
    env: options.env,
    clearEnv: options.clearEnv ?? false,
    cwd: options.cwd ?? scope.dir,
  }).spawn();
  const running = new Running(name, child, outputPath, options.stopSignal ?? "SIGTERM");
  scope.defer(name, async () => {
    await running.stop();
  });
  return running;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end (at most `limit` ms, default 20 s) and answers what it said. */
export async function run(
  command: readonly string[],
  options: StartOptions & { readonly limit?: number; readonly stdin?: string } = {},
): Promise<Ran> {
  const program = findProgram(command[0]) ?? command[0];
  const line = options.namespace === undefined
    ? [program, ...command.slice(1)]
    : [findProgram("ip") ?? "ip", "netns", "exec", options.namespace, program, ...command.slice(1)];
  const child = new Deno.Command(line[0], {
    args: line.slice(1),
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    env: options.env,
    clearEnv: options.clearEnv ?? false,
    cwd: options.cwd,
  }).spawn();
  const limit = options.limit ?? 20_000;
  const timer = setTimeout(() => child.kill("SIGKILL"), limit);
  try {
    if (options.stdin !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(options.stdin)).catch(() => undefined);
      await writer.close().catch(() => undefined);
    }
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}

/** As run, but anything other than exit code 0 is an error. */
export async function mustRun(
  command: readonly string[],
  options: StartOptions & { readonly limit?: number; readonly stdin?: string } = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** True while the process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  const stat = processStat(pid);
  return stat !== undefined && stat.state !== "Z";
}

/** Ends a process that is not our child (a daemon), by its id. */
export async function endProcess(pid: number, graceMs = 5000): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!isAlive(pid)) return;
    try {
      Deno.kill(pid, signal);
    } catch {
      return;
    }
    const end = performance.now() + graceMs;
    while (isAlive(pid) && performance.now() < end) await delay(10);
  }
}

export interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  /** user and system CPU time in clock ticks (100 a second) */
  readonly ticks: number;
}

/** What /proc says of a process, or undefined when there is none. */
export function processStat(pid: number): ProcessStat | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return {
      state: fields[0],
      parent: Number(fields[1]),
      ticks: Number(fields[11]) + Number(fields[12]),
    };
  } catch {
    return undefined;
  }
}

/** The process ids below `pid`, nearest first. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of Deno.readDirSync("/proc")) {
    const id = Number(entry.name);
    if (!Number.isInteger(id)) continue;
    const stat = processStat(id);
    if (stat !== undefined) parents.set(id, stat.parent);
  }
  const found: number[] = [];
  const queue = [pid];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const [id, parent] of parents) {
      if (parent === next) {
        found.push(id);
        queue.push(id);
      }
    }
  }
  return found;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Resident memory of a process and everything below it, in bytes. */
export function residentBytes(pid: number): number {
  let total = 0;
  for (const id of [pid, ...descendants(pid)]) {
    try {
      const text = Deno.readTextFileSync(`/proc/${id}/status`);
      total += Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    } catch {
      continue;
    }
  }
  return total;
}
