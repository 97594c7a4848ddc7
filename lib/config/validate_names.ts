/** What servers' names need of `resolvers` sections, and mails of `mailers` sections (manual 3.6, 5.2, 5.3). */
import { isIP } from "node:net";
import type { Diagnostics } from "./diagnostic.ts";
import type { ProxyDraft } from "./draft.ts";
import type { ProxyConfig, ServerConfig } from "./model.ts";
import type { MailersConfig } from "./model_mailers.ts";
import type { ResolversConfig } from "./model_resolvers.ts";
import { nearest } from "./suggest.ts";

/** A name whose SRV records give the servers: it begins with an underscore (manual 5.3.1). */
export function isSrvName(host: string): boolean {
  return host.startsWith("_");
}

/** Servers with a name: the section exists, and there is a name to ask for. */
export function checkNames(
  proxy: ProxyConfig,
  draft: ProxyDraft,
  sections: readonly ResolversConfig[],
  diagnostics: Diagnostics,
): void {
  const reported = new Set<string>();
  proxy.servers.forEach((server, i) => {
    const { nameWord, addressWord } = draft.servers[i];
    // the servers of one template have one line
    const line = `${nameWord.span.line} ${nameWord.span.file}`;
    if (reported.has(line)) return;
    const where = `server ${proxy.name}/${server.name}`;
    const name = nameOf(server);
    const { resolvers } = server;
    const say = (message: string, more: { allowed?: string; nearest?: string } = {}) => {
      reported.add(line);
      diagnostics.alert(addressWord.span, `${where}: ${message}`, more);
    };
    if (resolvers !== undefined && !sections.some((section) => section.name === resolvers)) {
      const names = sections.map((section) => section.name);
      return say(`there is no 'resolvers' section '${resolvers}'`, {
        nearest: nearest(resolvers, names),
      });
    }
    if (name !== undefined && isSrvName(name)) {
      if (resolvers === undefined) {
        return say(`'${name}' is the name of SRV records`, {
          allowed: "such a name together with 'resolvers' and the name of a section",
        });
      }
      if (server.address.type === "tcp" && server.address.port !== undefined) {
        return say(`SRV records give the ports: '${name}' has none of its own`);
      }
    }
  });
}

/** The host name of a server; undefined: it has an address, or none. */
export function nameOf({ address }: Pick<ServerConfig, "address">): string | undefined {
  return address.type === "tcp" && isIP(address.host) === 0 ? address.host : undefined;
}

/** `email-alert`: the section exists, and nothing is missing. */
export function checkMails(
  proxy: ProxyConfig,
  draft: ProxyDraft,
  sections: readonly MailersConfig[],
  diagnostics: Diagnostics,
): void {
  const alert = proxy.emailAlert;
  if (alert === undefined) return;
  const at = (name: string) => draft.places.get(name) ?? draft.inherited.get(name);
  const { mailers, from, to } = alert;
  const section = sections.find(({ name }) => name === mailers);
  if (mailers !== undefined && section === undefined) {
    const word = at("email-alert mailers")?.words[2];
    diagnostics.alert(word?.span ?? proxy.span, `there is no 'mailers' section '${mailers}'`, {
      nearest: nearest(mailers, sections.map(({ name }) => name)),
    });
  }
  const missing = Object.entries({ mailers, from, to })
    .filter(([, value]) => value === undefined).map(([name]) => `'email-alert ${name}'`);
  if (missing.length > 0) {
    const [first] = ["from", "to", "level", "mailers", "myhostname"]
      .map((name) => at(`email-alert ${name}`)).filter((each) => each !== undefined);
    diagnostics.warning(
      first?.span ?? proxy.span,
      `'${proxy.name}' sends no mails: ${missing.join(" and ")} ${
        missing.length > 1 ? "are" : "is"
      } missing`,
    );
  }
}
