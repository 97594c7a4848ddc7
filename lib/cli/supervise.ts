/** The time between a successful start and the end: signals, reloads, errors that nobody caught. */
import type { Config } from "../config/model.ts";
import type { RenderOptions } from "../config/render_diagnostic.ts";
import { LogLevel } from "../log/types.ts";
import type { MemberLink } from "../runtime/group/link.ts";
import type { Notifier } from "../runtime/notify.ts";
import { configChanges } from "../runtime/config_diff.ts";
import { Answerer } from "../runtime/master/answers.ts";
import type { MasterSocket } from "../runtime/master/master_socket.ts";
import type { Level } from "../runtime/socket/level.ts";
import {
  EXIT_BY_SIGNAL,
  type HeldSignals,
  installSignals,
  type SignalActions,
} from "../runtime/signals.ts";
import type { ProxyProcess } from "../runtime/types.ts";
import { surviveUncaught } from "../runtime/uncaught.ts";
import { FileWatch } from "./watch.ts";
import { systemClock } from "../net/clock.ts";
import type { CommandLine } from "./command_line.ts";
import type { LoadedConfig } from "./load.ts";
import { countOf, message } from "./messages.ts";
import { diagnosticsText } from "./output.ts";
import { statusOf } from "./run.ts";
import type { Report } from "./runtime_report.ts";

export interface Supervised {
  readonly process: ProxyProcess;
  readonly notifier: Notifier;
  /** to the process that started this one, when this is one of `nbproc` */
  readonly link?: MemberLink;
  readonly report: Report;
  readonly line: CommandLine;
  readonly config: Config;
  /** reads the same files again */
  readonly load: () => Promise<LoadedConfig | undefined>;
  /** the files are in use as they are now */
  readonly onReloaded?: () => Promise<void> | undefined;
  /** the master socket, open but not served yet */
  readonly master?: OpenMaster;
  /** ends the time in which signals were only noted; what they asked for is done now */
  readonly held?: () => HeldSignals;
  /** `-W`: SIGTERM ends with 0; else with 128 and the signal's number, as a program that has no handler */
  readonly sigtermEndsWithZero: boolean;
  readonly render: RenderOptions;
}

/** A master socket that waits to be served. */
export interface OpenMaster {
  readonly socket: MasterSocket;
  readonly level: Level;
}

/** Serves until the process is finished; answers the exit code. */
export async function supervise(s: Supervised): Promise<number> {
  const { process, notifier, report } = s;
  let code: number | undefined;
  // What the new configuration names is watched from then on.
  const reloader = new Reloader(s, () => watch?.adopt());
  const watch = watchFiles(s, () => reloader.request());
  const removeHandlers = surviveUncaught(report);
  const actions: SignalActions = {
    stop(signal) {
      if (code !== undefined) Deno.exit(code);
      code = s.sigtermEndsWithZero && signal === "SIGTERM" ? 0 : EXIT_BY_SIGNAL[signal];
      notifier.stopping("stopping");
      process.stop();
    },
    drain() {
      notifier.stopping("waiting for streams to end");
      process.drain();
    },
    reload: () => reloader.request(),
    pause: () => process.pause(),
    resume: () => process.resume(),
    memory() {
      const { rss, heapUsed, heapTotal, external } = Deno.memoryUsage();
      const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
      report.lines(message(
        "notice",
        `memory: ${mib(rss)} MiB resident, heap ${mib(heapUsed)} of ${mib(heapTotal)} MiB, ` +
          `${mib(external)} MiB outside`,
      ));
    },
  };
  const removeSignals = installSignals(actions);
  const held = s.held?.();
  if (held?.reload === true) actions.reload();
  if (held?.drain === true) actions.drain();
  if (held?.stop !== undefined) actions.stop(held.stop);
  const answerer = new Answerer(
    (words, session, payload) =>
      process.workers?.()[0].execute(words, session, payload) ?? "No process serves.\n",
    (piece) => s.link?.say(piece),
  );
  s.link?.serve({
    onReload: () => takeForGroup(s),
    onLog: (level, text) => process.log?.(level, text),
    onReopenLogs: () => process.reopenLogs?.(),
    onCommand: (message) => answerer.take(message),
    onGone: () => process.drain(),
  });
  s.master?.socket.serve(
    {
      workers: () => process.workers?.() ?? [],
      reloads: () => reloader.reloads,
      reload: () => reloader.request(),
    },
    s.master.level,
    report,
  );
  const finished = await process.finished;
  s.master?.socket.close();
  watch?.stop();
  await report.flush();
  removeSignals();
  removeHandlers();
  return code ?? finished;
}

/** `--watch`; undefined: nobody asked for it. */
function watchFiles(s: Supervised, onChange: () => void): FileWatch | undefined {
  if (!s.line.watch || s.link !== undefined) return undefined;
  const paths = () => [...s.line.files, ...s.process.filesRead?.() ?? []];
  const watch = new FileWatch({ paths, onChange, report: s.report, clock: systemClock });
  watch.adopt();
  return watch;
}

/** The group has read the configuration and found it right: what is said here is what only this process can know. */
async function takeForGroup({ load, process }: Supervised): Promise<readonly string[]> {
  const loaded = await load();
  if (loaded?.config === undefined) return ["the configuration has changed meanwhile"];
  const { list } = await process.reload(loaded.config);
  return list.filter(({ severity }) => severity === "alert").map(({ message }) => message);
}

/** One reload at a time; a request during one is done afterwards, many as one. */
class Reloader {
  readonly #s: Supervised;
  readonly #onEnd: () => void;
  #running = false;
  #again = false;
  /** the configuration in use, as far as reloads made it */
  #config: Config;
  /** since the start; those that failed since the last one that did not */
  readonly reloads = { count: 0, failed: 0 };

  /** `onEnd`: called after each reload, whatever became of it */
  constructor(s: Supervised, onEnd: () => void) {
    this.#s = s;
    this.#onEnd = onEnd;
    this.#config = s.config;
  }

  request(): void {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#reload().catch((error) => this.#s.report(`internal error (reload): ${error}`)).finally(
      () => {
        this.#running = false;
        this.#onEnd();
        if (!this.#again) return;
        this.#again = false;
        this.request();
      },
    );
  }

  async #reload(): Promise<void> {
    const { notifier, process, report } = this.#s;
    // Whatever becomes of the configuration: whoever has renamed the files counts on it.
    process.reopenLogs?.();
    await notifier.reloading();
    const refused = await this.#take();
    this.reloads.count++;
    this.reloads.failed = refused === undefined ? 0 : this.reloads.failed + 1;
    if (refused === undefined) {
      const text = "the configuration was loaded again";
      report.lines(message("notice", text));
      process.log?.(LogLevel.notice, text);
      return;
    }
    const text = `the running configuration stays: ${refused}`;
    report.lines(message("alert", text));
    process.log?.(LogLevel.alert, text);
    await notifier.ready("the last reload failed, the configuration before it is in use");
  }

  /** Undefined when the new configuration is in use, else the reason why it is not. */
  async #take(): Promise<string | undefined> {
    const { process, line, load, report, notifier } = this.#s;
    const loaded = await load();
    if (loaded === undefined) return "there is no configuration any more";
    const { config, diagnostics, sources } = loaded;
    const show = (list = diagnostics.list) => {
      report.lines(
        diagnosticsText(list, sources, { ...this.#s.render, diag: line.diagnostic }),
      );
      // A process in the background has no other place to say it.
      for (const { severity, message, span } of list) {
        if (severity !== "alert") continue;
        const place = span === undefined ? "" : `${span.file}:${span.line}:${span.column}: `;
        process.log?.(LogLevel.alert, place + message);
      }
    };
    show();
    if (config === undefined) return countOf(diagnostics) ?? "it cannot be used";
    if (!loaded.listens) return "nothing would listen";
    const zeroWarning = line.zeroWarning || config.global.zeroWarning;
    const strict = () =>
      zeroWarning && diagnostics.list.some(({ severity }) => severity === "warning");
    if (strict()) return "'zero-warning' is set and there are warnings";
    const verdict = await process.reload(config);
    show(verdict.list);
    if (verdict.failed) return countOf(verdict) ?? "it cannot be used";
    const changes = configChanges(this.#config, config);
    this.#config = config;
    const told = changes.length === 0 ? ["nothing in it is different"] : changes;
    for (const text of told) report.lines(message("notice", `reload: ${text}`));
    await this.#s.onReloaded?.();
    await notifier.ready(statusOf(config));
    return undefined;
  }
}
