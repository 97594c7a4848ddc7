/** Commands about the configuration's text and its versions (sluice's own). */
import type { CommandContext, CommandRow } from "../command.ts";
import type { ConfigOutcome, ConfigStore } from "../../config_store.ts";

const NONE = "The configuration is not one file: it cannot be read or changed from here.\n";

async function* withStore(
  { host }: CommandContext,
  act: (store: ConfigStore) => Promise<string>,
): AsyncIterable<string> {
  const store = host.configStore;
  if (store === undefined) yield NONE;
  else {
    try {
      yield await act(store);
    } catch (error) {
      yield `${error instanceof Error ? error.message : error}\n`;
    }
  }
}

const told = ({ good, messages }: ConfigOutcome, done: string) =>
  `${messages}${good ? done : "The running configuration stays."}\n`;

function row(
  words: string,
  args: string,
  doc: string,
  act: (
    store: ConfigStore,
    args: readonly string[],
    payload: string | undefined,
  ) => Promise<string>,
): CommandRow {
  return {
    words: words.split(" "),
    args,
    level: "admin",
    doc,
    section: "sluice",
    payload: args.includes("<<"),
    run: (args, context) => withStore(context, (store) => act(store, args, context.payload)),
  };
}

export const configCommands: readonly CommandRow[] = [
  row("show config", "", "the text of the configuration in use", (store) => store.read()),
  row("show config versions", "", "what it was before, newest first", async (store) => {
    const lines = (await store.versions()).map(({ id, at, bytes }) =>
      `${id} ${new Date(at).toISOString()} ${bytes}\n`
    );
    return `# id replaced bytes\n${lines.join("")}`;
  }),
  row(
    "check config",
    "<<",
    "check a configuration, and change nothing",
    async (store, _, text) =>
      text === undefined
        ? "The configuration stands behind '<<'.\n"
        : told(await store.check(text), "The configuration is valid."),
  ),
  row(
    "rollback config",
    "[<id>]",
    "take an earlier configuration back",
    async (store, [id]) => told(await store.rollback(id), "The earlier configuration is in use."),
  ),
];
