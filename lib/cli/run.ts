/** `run`: from a checked configuration to a process that serves, in HAProxy's order of steps. */
import type { Config } from "../config/model.ts";
import { cpusFor } from "../config/process_set.ts";
import { pinProcess } from "../runtime/affinity.ts";
import {
  DAEMON_VARIABLE,
  type DaemonReport,
  daemonReport,
  launchDaemon,
} from "../runtime/daemon.ts";
import { type MemberLink, memberLink } from "../runtime/group/link.ts";
import { ProcessGroup } from "../runtime/group/process_group.ts";
import { assumeIdentity, type IdentityPlan, planIdentity } from "../runtime/identity.ts";
import { createNotifier, type Notifier } from "../runtime/notify.ts";
import { checkMaxconn, raiseOpenFiles } from "../runtime/open_files.ts";
import { outsideFiles } from "../runtime/outside_files.ts";
import { MasterSocket } from "../runtime/master/master_socket.ts";
import { type ListeningSockets, listeningSockets, steerAway } from "../runtime/steer.ts";
import { systemClock } from "../net/clock.ts";
import { signalAll, writePidfile } from "../runtime/pidfile.ts";
import { type HeldSignals, holdSignals } from "../runtime/signals.ts";
import { selfCommand } from "../runtime/self_command.ts";
import type { ProxyProcess, StartFailure } from "../runtime/types.ts";
import type { CommandLine } from "./command_line.ts";
import type { CliHost } from "./host.ts";
import { ConfigFiles } from "./config_files.ts";
import { loadConfig, type LoadedConfig, type LoadSettings } from "./load.ts";
import { masterSocketOf } from "./master_option.ts";
import { judge, message } from "./messages.ts";
import { diagnosticsText, type Output } from "./output.ts";
import { type Report, runtimeReport } from "./runtime_report.ts";
import { type OpenMaster, supervise } from "./supervise.ts";

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
  const held = holdSignals();
  try {
    return await runHolding(held, line, invocation, host);
  } finally {
    held();
  }
}

async function runHolding(
  held: () => HeldSignals,
  line: CommandLine,
  invocation: Invocation,
  host: CliHost,
): Promise<number | undefined> {
  const settings: LoadSettings = { ...line, env: host.env };
  const loaded = await loadConfig(line.files, settings);
  if (loaded === undefined) return undefined;
  const link = memberLink(host.env);
  const background = link === undefined &&
    (line.daemon || loaded.config?.global.daemon === true) && !line.foreground;
  const daemon = background ? daemonReport((name) => host.env[name]) : undefined;
  const start = new Start(line, invocation, loaded, host, daemon, link);
  if (!start.judge()) return 1;
  if (background && daemon === undefined) {
    held();
    return await launchDaemon(invocation.args, { cwd: invocation.cwd, error: start.say });
  }
  return await start.go(background, settings, held);
}

class Start {
  readonly #line: CommandLine;
  readonly #invocation: Invocation;
  readonly #loaded: LoadedConfig;
  readonly #host: CliHost;
  readonly #daemon: DaemonReport | undefined;
  /** to the process that started this one, when this is one of `nbproc` */
  readonly #link: MemberLink | undefined;
  /** Standard error; of the waiting process when this one is in the background. */
  readonly #output: Output;
  readonly say: (text: string) => void;

  constructor(
    line: CommandLine,
    invocation: Invocation,
    loaded: LoadedConfig,
    host: CliHost,
    daemon: DaemonReport | undefined,
    link: MemberLink | undefined,
  ) {
    this.#line = link === undefined ? line : memberLine(line);
    this.#invocation = invocation;
    this.#link = link;
    this.#loaded = loaded;
    this.#host = host;
    this.#daemon = daemon;
    this.#output = daemon === undefined
      ? host.output
      : { ...host.output, err: (text) => daemon.message(text) };
    // What there is to say of the configuration, the process that started this one has said.
    const quiet = link !== undefined || line.quiet ||
      (loaded.config?.global.quiet === true && !line.verbose);
    this.say = quiet ? () => {} : (text) => this.#output.err(text);
  }

  /** Prints what is wrong. The waiting process has done so already for the one in the background. */
  judge(): boolean {
    const { config, diagnostics } = this.#loaded;
    const said = this.#daemon !== undefined || this.#link !== undefined;
    if (said && !diagnostics.failed) return true;
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
  async go(
    background: boolean,
    settings: LoadSettings,
    held: () => HeldSignals,
  ): Promise<number> {
    const line = this.#line;
    const config = this.#loaded.config!;
    const { global } = config;
    const masterWorker = this.#link !== undefined ||
      ((line.masterWorker || global.masterWorker) && !line.foreground);

    const identity = planIdentity(global);
    if ("problems" in identity) return await this.#failed(identity.problems);
    if (line.replace !== undefined && !maySignal()) {
      this.#alert("-sf and -st need the permission to signal processes: --allow-run");
      return 1;
    }
    if (line.watch && (this.#loaded.files.length === 0 || global.chroot !== undefined)) {
      const why = global.chroot === undefined
        ? "there is no file"
        : "behind 'chroot' no file is seen";
      this.#alert(`'--watch' cannot watch: ${why}`);
      return 1;
    }
    this.#raiseLimits(config);
    const report = runtimeReport(background);
    const process = this.#createProcess(config, report);
    if (!this.#provision(process)) return 1;

    const master = this.#openMaster(masterWorker);
    if (typeof master === "string") {
      process.stop();
      return await this.#failed([master]);
    }
    const before = listeningSockets();
    const failure = await this.#startListening(process);
    if (failure !== undefined) {
      master?.socket.close();
      return await this.#failed(failure.messages);
    }
    // From here on there is something to close again.
    const giveUp = async (text: string) => {
      process.stop();
      master?.socket.close();
      await process.finished;
      return await this.#failed([text]);
    };
    const pidfile = line.pidfile ?? global.pidfile;
    if (this.#link === undefined && pidfile !== undefined && (background || masterWorker)) {
      const problem = writePidfile(pidfile, Deno.pid);
      if (problem !== undefined) return await giveUp(problem);
    }
    const notifier = createNotifier(
      this.#link === undefined ? this.#host.env.NOTIFY_SOCKET : undefined,
    );
    const stays = process.keepsIdentity === true;
    const reading = global.chroot === undefined || stays ? undefined : outsideFiles();
    // Threads read their code and open their sockets as who the process still is, and before it takes another's place.
    if (
      line.replace !== undefined || Object.values(identity.plan).some((each) => each !== undefined)
    ) {
      await process.threadsReady;
    }
    if (line.replace !== undefined) await this.#replace(line.replace, before);
    const refused = stays ? undefined : this.#becomes(identity.plan);
    if (refused !== undefined) return await giveUp(refused);
    if (reading !== undefined) process.readFilesBy?.(reading);

    const load = (files: readonly string[]) =>
      loadConfig(files, reading === undefined ? settings : { ...settings, reader: reading });
    const store = this.#link === undefined && this.#loaded.files.length === 1 && !stays
      ? new ConfigFiles({
        path: this.#loaded.files[0],
        load: (path) => load([path]),
        take: (config) => process.reload(config),
      })
      : undefined;
    process.configStore = store;
    await this.#ready(notifier, config);
    return await supervise({
      process,
      notifier,
      link: this.#link,
      report,
      line,
      config,
      master,
      load: () => load(line.files),
      onReloaded: () => store?.noteLoaded(),
      held,
      sigtermEndsWithZero: masterWorker,
      render: background ? {} : this.#output.render,
    });
  }

  /** `-sf`, `-st`: the old processes accept what waits for them, and are told to end. */
  async #replace(
    { pids, signal }: NonNullable<CommandLine["replace"]>,
    before: ListeningSockets,
  ): Promise<void> {
    if (pids.length === 0) return;
    const steered = await steerAway(before, systemClock);
    if (steered.problem !== undefined) {
      this.#warning(
        `connections cannot be steered to the new process (${steered.problem}): ` +
          "those that wait in the old one's sockets when it closes them are reset",
      );
    }
    signalAll(pids, signal);
    steered.end();
  }

  /** `-S`; a sentence says why it cannot be opened. */
  #openMaster(masterWorker: boolean): OpenMaster | string | undefined {
    const { masterSocket } = this.#line;
    if (masterSocket === undefined || this.#link !== undefined) return undefined;
    if (!masterWorker) {
      this.#warning("'-S' has no effect without '-W' or '-Ws'");
      return undefined;
    }
    const config = masterSocketOf(masterSocket);
    if (typeof config === "string") return config;
    const socket = MasterSocket.open(config);
    return typeof socket === "string" ? socket : { socket, level: config.level };
  }

  /** With `nbproc`, a group of processes; in each of them, and without, the proxy itself. */
  #createProcess(config: Config, report: Report): ProxyProcess {
    const { maxconn, transport } = this.#line;
    const { nbproc = 1, cpuMap } = config.global;
    const { diagnostics, sources } = this.#loaded;
    const startupLogs = diagnosticsText(diagnostics.list, sources, {});
    const processNumber = this.#link?.number;
    const create = (config: Config) =>
      this.#host.createProcess({ config, maxconn, transport, report, processNumber, startupLogs });
    if (nbproc === 1 || this.#link !== undefined) {
      const cpus = cpusFor(cpuMap, this.#link?.number ?? 1, 1);
      const problem = cpus === undefined ? undefined : pinProcess(cpus);
      if (problem !== undefined) report(`'cpu-map' has no effect: ${problem}`);
      return create(config);
    }
    return new ProcessGroup({
      config,
      command: selfCommand(this.#invocation.args),
      cwd: this.#invocation.cwd,
      env: memberEnvironment(this.#host.env),
      check: create,
      report,
    });
  }

  /** It cannot start: says why, here or to the process that started this one. */
  async #failed(messages: readonly string[]): Promise<number> {
    if (this.#link !== undefined) await this.#link.say({ type: "failed", messages });
    else messages.forEach((text) => this.#alert(text));
    return 1;
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
    this.#link?.say({ type: "ready" });
  }

  #alert(text: string): void {
    if (!this.#line.quiet) this.#output.err(message("alert", text));
  }

  #warning(text: string): void {
    this.say(message("warning", text));
  }
}

/** What concerns the start as a whole is done by the process that starts the others. */
function memberLine(line: CommandLine): CommandLine {
  return { ...line, replace: undefined, masterWorker: false };
}

function memberEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const { [DAEMON_VARIABLE]: _daemon, NOTIFY_SOCKET: _notify, ...rest } = env;
  return rest;
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
