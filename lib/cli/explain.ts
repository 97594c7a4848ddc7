/** `explain`: runs a request through a configuration and says what became of it, and why. */
import { findEntrance } from "../explain/entrance.ts";
import { explanationOf, renderExplanation } from "../explain/explanation.ts";
import { Laboratory } from "../explain/laboratory.ts";
import { readyRequest } from "../explain/request.ts";
import type { CommandLine } from "./command_line.ts";
import type { CliHost } from "./host.ts";
import { loadConfig } from "./load.ts";
import { judge, message } from "./messages.ts";

/** 0 explained, 1 the configuration or the request cannot be used; undefined: there is no configuration. */
export async function explain(line: CommandLine, host: CliHost): Promise<number | undefined> {
  const { output } = host;
  const fail = (text: string) => {
    output.err(message("alert", text));
    return 1;
  };
  const given = (name: string) => line.given.get(name)?.at(-1);
  const list = (name: string) => line.given.get(name) ?? [];
  const loaded = await loadConfig(line.files, { ...line, env: host.env });
  if (loaded === undefined) return undefined;
  const { config, diagnostics } = loaded;
  const at = given("--at");
  const wall = at === undefined ? undefined : Date.parse(at);
  if (wall !== undefined && Number.isNaN(wall)) {
    return fail(`'${at}' is no time: write '2026-01-31T12:00:00Z'`);
  }
  const request = readyRequest({
    request: given("--request") ?? (line.topic.length > 0 ? line.topic.join(" ") : undefined),
    src: given("--src"),
    dst: given("--dst"),
    headers: list("-H"),
    data: given("--data"),
    sni: given("--sni"),
  });
  if (typeof request === "string") return fail(request);
  const reports: string[] = [];
  const lab = config === undefined ? undefined : new Laboratory({
    config,
    compile: host.compilePolicies,
    at: wall,
    report: (text) => void reports.push(text),
  });
  lab?.provision(diagnostics);
  if (diagnostics.failed || lab === undefined) {
    judge(loaded, line, false, output);
    return 1;
  }
  const entrance = findEntrance(lab.generation.frontends, request, {
    frontend: given("--frontend"),
    bind: given("--bind"),
  });
  if (typeof entrance === "string") return fail(entrance);
  if (request.plain && entrance.frontend.mode === "http") {
    return fail(`frontend '${entrance.frontend.name}' speaks HTTP: say the request, 'GET /path'`);
  }
  for (const name of list("--down")) {
    const problem = lab.takeDown(name);
    if (problem !== undefined) return fail(problem);
  }
  const status = given("--answer");
  if (status !== undefined && !/^[2-5]\d\d$/.test(status)) {
    return fail(`'${status}' is no status of a server's answer`);
  }
  lab.origins.answer = {
    status: Number(status ?? 200),
    headers: list("--answer-header").map((text) => {
      const colon = text.indexOf(":");
      return [text.slice(0, colon), text.slice(colon + 1).trim()];
    }),
    body: "",
  };
  const explanation = explanationOf(await lab.ask(request, entrance));
  for (const text of reports) output.err(message("warning", text));
  output.out(
    line.given.has("--json")
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : `${renderExplanation(explanation, { all: line.given.has("--all") })}\n`,
  );
  return 0;
}
