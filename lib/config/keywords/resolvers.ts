/** `resolvers` sections (manual 5.3.2): DNS servers that are asked for servers' names while running. */
import { isIP } from "node:net";
import { type ArgType, COUNT, integer, name, Refusal, time } from "./args.ts";
import type { NameserverConfig } from "../model_resolvers.ts";
import { type KeywordRow, one, sectionKeyword } from "./types.ts";

const EXAMPLE = "an IP address with a port: '10.0.0.1:53', '[::1]:53' or 'tcp@10.0.0.1:53'";

type Place = Pick<NameserverConfig, "transport" | "host" | "port">;

/** Where a nameserver is (manual 5.3.2 `nameserver`): UDP unless `tcp@` says otherwise. */
const nameserverAddress: ArgType<Place> = {
  label: "[udp@|tcp@]<address>:<port>",
  describe: EXAMPLE,
  schema: { type: "string" },
  parse({ text }) {
    const match =
      /^(?:(udp|udp4|udp6|tcp|tcp4|tcp6|ipv4|ipv6)@)?(?:\[([^\]]+)\]|([^\[\]]+)):([0-9]{1,5})$/
        .exec(text);
    if (match === null) return new Refusal(`'${text}' is not the place of a nameserver`, EXAMPLE);
    const [, prefix = "udp", bracketed, bare, digits] = match;
    const host = bracketed ?? bare;
    const version = isIP(host);
    const wanted = prefix.endsWith("4") ? 4 : prefix.endsWith("6") ? 6 : version;
    if (version === 0 || version !== wanted) {
      return new Refusal(`'${host}' is not an address that fits in '${text}'`, EXAMPLE);
    }
    const port = Number(digits);
    if (port < 1 || port > 65535) return new Refusal(`invalid port '${digits}'`, EXAMPLE);
    return { transport: prefix.startsWith("tcp") ? "tcp" : "udp", host, port };
  },
};

const HOLDS = {
  nx: "How long a server keeps its address while its name does not exist",
  refused: "How long a server keeps its address while nameservers refuse",
  timeout: "How long a server keeps its address while nameservers are silent",
  other: "How long a server keeps its address after other wrong answers",
  valid: "How long an answer is good for 'do-resolve'",
  obsolete: "How long an address is used that answers do not have any more",
} as const;

export const resolversRows: readonly KeywordRow[] = [
  sectionKeyword("resolvers", {
    name: "nameserver",
    args: { name: one(name()), address: one(nameserverAddress) },
    repeatable: true,
    summary: "A DNS server: all are asked at once, the first good answer counts",
    manual: "5.3.2",
    apply(resolvers, { name, address }, { diagnostics, words, statement }) {
      const twin = resolvers.nameservers.find((other) => other.name === name);
      if (twin !== undefined) {
        diagnostics.alert(words[0].span, `there is another nameserver '${name}' in this section`, {
          related: { span: twin.span, message: "it is here" },
        });
      }
      resolvers.nameservers.push({ name, ...address, span: statement.span });
    },
  }),
  sectionKeyword("resolvers", {
    name: "parse-resolv-conf",
    args: {},
    summary: "Adds the nameservers of /etc/resolv.conf",
    manual: "5.3.2",
    apply(resolvers) {
      resolvers.parseResolvConf = resolvers.nameservers.length;
    },
  }),
  sectionKeyword("resolvers", {
    name: "accepted_payload_size",
    args: { size: one(integer(512, 65535, "<bytes>")) },
    summary: "Largest answer over UDP that nameservers are told of, 512 when it is not set",
    manual: "5.3.2",
    apply(resolvers, { size }) {
      resolvers.payloadSize = size;
    },
  }),
  sectionKeyword("resolvers", {
    name: "resolve_retries",
    args: { number: one(integer(1, COUNT)) },
    summary: "How often a question is asked before it counts as unanswered, 3 when it is not set",
    manual: "5.3.2",
    apply(resolvers, { number }) {
      resolvers.retries = number;
    },
  }),
  sectionKeyword("resolvers", {
    name: "timeout resolve",
    args: { time: one(time({ min: 1 })) },
    summary: "Time between two resolutions of a name, 1 s when it is not set",
    manual: "5.3.2",
    apply(resolvers, { time }) {
      resolvers.timeoutResolve = time;
    },
  }),
  sectionKeyword("resolvers", {
    name: "timeout retry",
    args: { time: one(time({ min: 1 })) },
    summary: "Time after which an unanswered question is asked again, 1 s when it is not set",
    manual: "5.3.2",
    apply(resolvers, { time }) {
      resolvers.timeoutRetry = time;
    },
  }),
  ...(Object.keys(HOLDS) as (keyof typeof HOLDS)[]).map((event) =>
    sectionKeyword("resolvers", {
      name: `hold ${event}`,
      args: { time: one(time()) },
      summary: HOLDS[event],
      manual: "5.3.2",
      apply(resolvers, { time }) {
        resolvers.hold[event] = time;
      },
    })
  ),
];
