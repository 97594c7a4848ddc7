/** Names of network namespaces (manual 5.1 and 5.2 `namespace`), and the section that lists more of them. */
import { type ArgType, Refusal } from "./args.ts";
import { type KeywordRow, one, sectionKeyword } from "./types.ts";

/** A file's name: it is looked for in a directory. */
const NAME = /^(?!\.{1,2}$)[^/\p{Cc}\s]{1,255}$/u;

/** A namespace that has a name ('ip netns add'). */
export const namespaceName: ArgType<string> = {
  label: "<name>",
  describe: "the name of a network namespace, as 'ip netns list' shows them",
  schema: { type: "string" },
  parse({ text }) {
    return NAME.test(text) && text !== "*"
      ? text
      : new Refusal(`'${text}' is no name of a network namespace`, namespaceName.describe);
  },
};

/** The same, or the client's. */
export const serverNamespace: ArgType<string> = {
  ...namespaceName,
  label: "<name>|*",
  describe: "the name of a network namespace, or '*': the client's",
  parse: (word) => word.text === "*" ? "*" : namespaceName.parse(word),
};

export const namespaceRows: readonly KeywordRow[] = [
  sectionKeyword("namespace_list", {
    name: "namespace",
    args: { name: one(namespaceName) },
    repeatable: true,
    summary: "A network namespace that a client's PROXY header may name for 'server … namespace *'",
    manual: "5.2",
    apply: (section, { name }, { words }) =>
      void section.namespaces.push({ name, span: words[0].span }),
  }),
];
