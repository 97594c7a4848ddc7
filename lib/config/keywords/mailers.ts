/** `mailers` sections (manual 3.6) and `email-alert` (manual 4.2): mails about changes of servers' states. */
import { parseServerAddress } from "../addresses.ts";
import { LEVELS } from "./log.ts";
import { type ArgType, name, oneOf, Refusal, text, time } from "./args.ts";
import { type KeywordRow, one, proxyKeyword, sectionKeyword, type SectionKind } from "./types.ts";

const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

const mailerAddress: ArgType<{ host: string; port: number }> = {
  label: "<address>:<port>",
  describe: "an address with a port: '10.0.0.1:25'",
  schema: { type: "string" },
  parse({ text }) {
    const address = parseServerAddress(text);
    if (address instanceof Refusal) return address;
    if (address.type !== "tcp" || address.port === undefined) {
      return new Refusal(`'${text}' needs an address and a port`, mailerAddress.describe);
    }
    return { host: address.host, port: address.port };
  },
};

/** Nothing that could end a line of SMTP or of a header. */
const mailAddress: ArgType<string> = {
  label: "<emailaddr>",
  describe: "an address such as alerts@example.org",
  schema: { type: "string" },
  parse({ text }) {
    return /^[^\s<>,;:"()\p{Cc}]{1,64}@[^\s<>,;:"()@\p{Cc}]{1,255}$/u.test(text)
      ? text
      : new Refusal(`'${text}' is not the address of a mailbox`, mailAddress.describe);
  },
};

const NEEDS = "mails need 'email-alert mailers', 'from' and 'to'";

export const mailersRows: readonly KeywordRow[] = [
  sectionKeyword("mailers", {
    name: "mailer",
    args: { name: one(name()), address: one(mailerAddress) },
    repeatable: true,
    summary: "A mail server that alerts are sent through",
    manual: "3.6",
    apply(section, { name, address }, { diagnostics, words }) {
      if (section.mailers.some((other) => other.name === name)) {
        diagnostics.alert(words[0].span, `there is another mailer '${name}' in this section`);
      }
      section.mailers.push({ name, ...address });
    },
  }),
  sectionKeyword("mailers", {
    name: "timeout mail",
    args: { time: one(time({ min: 1 })) },
    summary: "Time that connecting and sending a mail may take, 10 s when it is not set",
    manual: "3.6",
    apply(section, { time }) {
      section.timeout = time;
    },
  }),
  proxyKeyword({
    name: "email-alert from",
    sections: ALL,
    args: { address: one(mailAddress) },
    summary: `Sender of mails about servers; ${NEEDS}`,
    manual: "4.2",
    apply(proxy, { address }) {
      proxy.emailAlert = { ...proxy.emailAlert, from: address };
    },
  }),
  proxyKeyword({
    name: "email-alert to",
    sections: ALL,
    args: { address: one(mailAddress) },
    summary: `Receiver of mails about servers; ${NEEDS}`,
    manual: "4.2",
    apply(proxy, { address }) {
      proxy.emailAlert = { ...proxy.emailAlert, to: address };
    },
  }),
  proxyKeyword({
    name: "email-alert level",
    sections: ALL,
    args: { level: one(oneOf(...LEVELS)) },
    summary: "The least urgent messages that are mailed, 'alert' when it is not set",
    manual: "4.2",
    apply(proxy, { level }) {
      proxy.emailAlert = { ...proxy.emailAlert, level: LEVELS.indexOf(level) };
    },
  }),
  proxyKeyword({
    name: "email-alert mailers",
    sections: ALL,
    args: { name: one(text("<mailers>", "the name of a 'mailers' section")) },
    summary: "The 'mailers' section that mails about servers go through",
    manual: "4.2",
    apply(proxy, { name }) {
      proxy.emailAlert = { ...proxy.emailAlert, mailers: name };
    },
  }),
  proxyKeyword({
    name: "email-alert myhostname",
    sections: ALL,
    args: { name: one(name("<hostname>")) },
    summary: "What the proxy calls itself to mail servers, when it is not the machine's name",
    manual: "4.2",
    apply(proxy, { name }) {
      proxy.emailAlert = { ...proxy.emailAlert, myhostname: name };
    },
  }),
];
