/** `show resolvers` (management manual 9.3). */
import { COUNTERS } from "../../../resolve/nameserver.ts";
import type { Resolver } from "../../../resolve/resolver.ts";
import type { CommandRow } from "../command.ts";

function section({ name, nameservers }: Resolver): string {
  const servers = nameservers.map(({ config, counters }) =>
    ` nameserver ${config.name}:\n` +
    COUNTERS.map((counter) => `  ${`${counter}:`.padEnd(13)}${counters[counter]}\n`).join("")
  );
  return `Resolvers section ${name}\n${servers.join("")}`;
}

export const resolverCommands: readonly CommandRow[] = [
  {
    words: ["show", "resolvers"],
    args: "[<section>]",
    level: "user",
    doc: "what the nameservers of 'resolvers' sections were asked and answered",
    section: "9.3",
    run: ([name], { host }) => {
      const { resolvers } = host.generation;
      if (name === undefined) return [...resolvers.values()].map(section).join("");
      const resolver = resolvers.get(name);
      return resolver === undefined ? "Can't find that resolvers section\n" : section(resolver);
    },
  },
];
