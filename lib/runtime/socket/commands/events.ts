/** `show events` (management manual 9.3): what happened to servers, and the messages in `ring` sections. */
import type { Ring } from "../../../log/syslog/ring.ts";
import type { ProcessEvent } from "../../event_log.ts";
import { instantText } from "../instant_text.ts";
import type { Answer, CommandContext, CommandRow } from "../command.ts";

/** The ring of events has HAProxy's name for its ring. */
const EVENTS = "buf0";

function eventLine({ at, level, message }: ProcessEvent): string {
  return `<${level}>[${instantText(at)}] ${message}\n`;
}

async function* followEvents({ host, session }: CommandContext, all: boolean) {
  const { events } = host.state;
  let last = 0;
  for (const event of events.since(0)) {
    last = event.id;
    if (all) yield eventLine(event);
  }
  for (;;) {
    let wake = () => {};
    const changed = new Promise<void>((resolve) => wake = resolve);
    const cancel = events.listen(wake);
    const fresh = events.since(last);
    let over = false;
    if (fresh.length === 0) {
      over = await Promise.race([changed, session.interrupted.then(() => true)]) === true;
    }
    cancel();
    for (const event of events.since(last)) {
      last = event.id;
      yield eventLine(event);
    }
    if (over) return;
  }
}

/** An empty line would end the answer. */
function ringText(messages: readonly string[]): string {
  return messages.map((message) => message === "" ? " \n" : `${message}\n`).join("");
}

async function* followRing(ring: Ring, { session }: CommandContext, all: boolean) {
  let over = false;
  const interrupted = session.interrupted.then(() => {
    over = true;
  });
  let from = ring.next;
  if (all) {
    const { messages, next } = ring.readAll();
    from = next;
    yield ringText(messages);
  }
  while (!over) {
    await Promise.race([ring.untilWritten(from), interrupted]);
    const { messages, next } = ring.read(from);
    from = next;
    yield ringText(messages);
  }
}

function list({ host }: CommandContext): string {
  const line = (name: string, what: string) =>
    `    ${name.padEnd(10)} : type=buffer, 0 dropped, ${what}\n`;
  let answer = "Supported events sinks are listed below. Add -w(wait), -n(new). Any key to stop\n" +
    line(EVENTS, "changes of servers and of the process");
  for (const { config } of host.generation.rings.values()) {
    answer += line(config.name, config.description ?? config.name);
  }
  return answer;
}

function showEvents([name, ...flags]: readonly string[], context: CommandContext): Answer {
  if (name === undefined) return list(context);
  const wait = flags.some((flag) => /^-n?wn?$/.test(flag));
  const fresh = flags.some((flag) => /^-w?nw?$/.test(flag));
  const { state, generation } = context.host;
  const ring = generation.rings.get(name)?.ring;
  if (ring !== undefined) {
    if (wait) return followRing(ring, context, !fresh);
    return fresh ? "" : ringText(ring.readAll().messages);
  }
  if (name !== EVENTS) return "No such event sink";
  if (wait) return followEvents(context, !fresh);
  return fresh ? "" : state.events.since(0).map(eventLine).join("");
}

export const eventCommands: readonly CommandRow[] = [
  {
    words: ["show", "events"],
    args: "[<sink>] [-w] [-n]",
    level: "operator",
    doc: "what happened to servers, and the messages in rings",
    section: "9.3",
    run: showEvents,
  },
];
