/** `run`: from a checked configuration to a process that serves, in HAProxy's order of steps. */
import type { Config } from "../config/model.ts";
import { type DaemonReport, daemonReport, launchDaemon } from "../runtime/daemon.ts";
import { assumeIdentity, type IdentityPlan, planIdentity } from "../runtime/identity.ts";
import { createNotifier, type Notifier } from "../runtime/notify.ts";
import { checkMaxconn, raiseOpenFiles } from "../runtime/open_files.ts";
import { outsideFiles } from "../runtime/outside_files.ts";
import { signalAll, writePidfile } from "../runtime/pidfile.ts";
import type { ProxyProcess, StartFailure } from "../runtime/types.ts";
import type { CommandLine } from "./command_line.ts";
import type { CliHost } from "./host.ts";
import { loadConfig, type LoadedConfig, type LoadSettings } from "./load.ts";
import { judge, message } from "./messages.ts";
import { diagnosticsText, type Output } from "./output.ts";
import { runtimeReport } from "./runtime_report.ts";
import { supervise } from "./supervise.ts";

export interface Invocation {
  /** the arguments as given, to start the background process with */
  readonly args: readonly string[];
  /** the directory before `-C` */
  readonly cwd: string;
}

/** Runs until the process has ended; answers its exit code, undefined when there is no configuration at all. */
export async function run(
  line: CommandLine,
  invocation: Invocation,
  host: CliHost,
): Promise<number | undefined> {
  const settings: LoadSettings = { ...line, env: host.env };
  const loaded = await loadConfig(line.files, settings);
  if (loaded === undefined) return undefined;
  const background = (line.daemon || loaded.config?.global.daemon === true) && !line.foreground;
  const daemon = background ? daemonReport((name) => host.env[name]) : undefined;
  const start = new Start(line, loaded, host, daemon);
  if (!start.judge()) return 1;
  if (background && daemon === undefined) {
    return await launchDaemon(invocation.args, { cwd: invocation.cwd, error: start.say });
  }
  return await start.go(background, settings);
}

class Start {
  readonly #line: CommandLine;
  readonly #loaded: LoadedConfig;
  readonly #host: CliHost;
  readonly #daemon: DaemonReport | undefined;
  /** Standard error; of the waiting process when this one is in the background. */
  readonly #output: Output;
  readonly say: (text: string) => void;

  constructor(
    line: CommandLine,
    loaded: LoadedConfig,
    host: CliHost,
    daemon: DaemonReport | undefined,
  ) {
    this.#line = line;
    this.#loaded = loaded;
    this.#host = host;
    this.#daemon = daemon;
    this.#output = daemon === undefined
      ? host.output
      : { ...host.output, err: (text) => daemon.message(text) };
    const quiet = line.quiet || (loaded.config?.global.quiet === true && !line.verbose);
    this.say = quiet ? () => {} : (text) => this.#output.err(text);
  }

  /** Prints what is wrong. The waiting process has done so already for the one in the background. */
  judge(): boolean {
    const { config, diagnostics } = this.#loaded;
    if (this.#daemon !== undefined && !diagnostics.failed) return true;
    const zeroWarning = this.#line.zeroWarning || config?.global.zeroWarning === true;
    const line = config?.global.quiet === true && !this.#line.verbose && !diagnostics.failed
      ? { ...this.#line, quiet: true }
      : this.#line;
    if (!judge(this.#loaded, line, zeroWarning, this.#output)) return false;
    if (!this.#loaded.listens) {
      this.#alert("nothing would listen: no 'bind' is enabled in the configuration");
      return false;
    }
    return true;
  }

  /** Starts, serves, and ends. */
  async go(background: boolean, settings: LoadSettings): Promise<number> {
    const line = this.#line;
    const config = this.#loaded.config!;
    const { global } = config;
    const masterWorker = (line.masterWorker || global.masterWorker) && !line.foreground;

    const identity = planIdentity(global);
    if ("problems" in identity) {
      identity.problems.forEach((text) => this.#alert(text));
      return 1;
    }
    if (line.replace !== undefined && !maySignal()) {
      this.#alert("-sf and -st need the permission to signal processes: --allow-run");
      return 1;
    }
    this.#raiseLimits(config);
    const report = runtimeReport(background);
    const process = this.#host.createProcess({ config, maxconn: line.maxconn, report });
    if (!this.#provision(process)) return 1;

    const failure = await this.#startListening(process);
    if (failure !== undefined) {
      failure.messages.forEach((text) => this.#alert(text));
      return 1;
    }
    // From here on there is something to close again.
    const giveUp = async (text: string) => {
      this.#alert(text);
      process.stop();
      await process.finished;
      return 1;
    };
    const pidfile = line.pidfile ?? global.pidfile;
    if (pidfile !== undefined && (background || masterWorker)) {
      const problem = writePidfile(pidfile, Deno.pid);
      if (problem !== undefined) return await giveUp(problem);
    }
    const notifier = createNotifier(this.#host.env.NOTIFY_SOCKET);
    const files = global.chroot === undefined ? undefined : outsideFiles();
    if (line.replace !== undefined) signalAll(line.replace.pids, line.replace.signal);
    const refused = this.#becomes(identity.plan);
    if (refused !== undefined) return await giveUp(refused);
    if (files !== undefined) process.readFilesBy?.((path) => files.readSync(path));

    await this.#ready(notifier, config);
    return await supervise({
      process,
      notifier,
      report,
      line,
      config,
      load: () =>
        loadConfig(line.files, files === undefined ? settings : { ...settings, reader: files }),
      signalsEndWithZero: masterWorker,
      render: background ? {} : this.#output.render,
    });
  }

  #becomes(plan: IdentityPlan): string | undefined {
    return assumeIdentity(plan);
  }

  #raiseLimits(config: Config): void {
    const { limit, warning } = raiseOpenFiles(config.global.ulimitN);
    if (warning !== undefined) this.#warning(warning);
    const tooMany = checkMaxconn(this.#line.maxconn ?? config.global.maxconn, limit);
    if (tooMany !== undefined) this.#warning(tooMany);
  }

  /** Compiles the rules; their mistakes and warnings are said now. */
  #provision(process: ProxyProcess): boolean {
    const { diagnostics, sources } = this.#loaded;
    const before = diagnostics.list.length;
    const good = process.provision(diagnostics);
    const zeroWarning = this.#line.zeroWarning || this.#loaded.config!.global.zeroWarning;
    const news = diagnostics.list.slice(before);
    const text = diagnosticsText(news, sources, {
      ...this.#output.render,
      diag: this.#line.diagnostic,
    });
    if (good && !diagnostics.failed) {
      this.say(text);
      if (!zeroWarning || !news.some(({ severity }) => severity === "warning")) return true;
      this.#alert("'zero-warning' is set and there are warnings");
      return false;
    }
    if (!this.#line.quiet) this.#output.err(text);
    return false;
  }

  /** With `-sf` and `-st`, the processes to replace are asked to make room when an address is in use. */
  async #startListening(process: ProxyProcess): Promise<StartFailure | undefined> {
    let failure = await process.start();
    const pids = this.#line.replace?.pids ?? [];
    if (failure === undefined || pids.length === 0) return failure;
    if (signalAll(pids, "SIGTTOU") === 0) return failure;
    for (let tries = 0; tries < PAUSE_TRIES && failure !== undefined; tries++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      failure = await process.start();
    }
    if (failure !== undefined) signalAll(pids, "SIGTTIN");
    return failure;
  }

  async #ready(notifier: Notifier, config: Config): Promise<void> {
    await notifier.ready(statusOf(config));
    if (this.#line.verbose) this.say(message("notice", `process ${Deno.pid}: ${statusOf(config)}`));
    this.#daemon?.ready();
  }

  #alert(text: string): void {
    if (!this.#line.quiet) this.#output.err(message("alert", text));
  }

  #warning(text: string): void {
    this.say(message("warning", text));
  }
}

const PAUSE_TRIES = 50;
const PAUSE_MS = 20;

/** `2 frontends, 3 backends, 5 servers`: for systemctl status. */
export function statusOf(config: Config): string {
  const active = config.proxies.filter((proxy) => !proxy.disabled);
  const frontends = active.filter((proxy) => proxy.kind !== "backend").length;
  const backends = active.filter((proxy) => proxy.kind !== "frontend").length;
  const servers = active.reduce((sum, proxy) => sum + proxy.servers.length, 0);
  const some = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  return `serving ${some(frontends, "frontend")}, ${some(backends, "backend")}, ${
    some(servers, "server")
  }`;
}

/** Whether the runtime lets this process signal others. */
function maySignal(): boolean {
  return Deno.permissions.querySync({ name: "run" }).state === "granted";
}
