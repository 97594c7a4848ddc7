/** `userlist` sections (manual 3.4): who may log in, with which password, in which groups. */
import type { Word } from "../document.ts";
import { type ArgType, Refusal, text, word } from "./args.ts";
import { type KeywordRow, named, one, sectionKeyword } from "./types.ts";

/** `a,b,c`, each with its place. */
function names(label: string, describe: string): ArgType<readonly Word[]> {
  return {
    label,
    describe,
    schema: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    parse(word) {
      let offset = 0;
      const words: Word[] = [];
      const exact = word.span.length === word.text.length;
      for (const part of word.text.split(",")) {
        const span = exact
          ? { ...word.span, column: word.span.column + offset, length: Math.max(part.length, 1) }
          : word.span;
        if (part !== "") words.push({ text: part, span });
        offset += part.length + 1;
      }
      return words;
    },
  };
}

/** Hashes that are verified here, by how they begin, and how long they are then. */
const HASHES: readonly RegExp[] = [
  /^\$1\$[./0-9A-Za-z]{0,8}\$[./0-9A-Za-z]{22}$/,
  /^\$5\$(rounds=\d{1,9}\$)?[^$]{0,16}\$[./0-9A-Za-z]{43}$/,
  /^\$6\$(rounds=\d{1,9}\$)?[^$]{0,16}\$[./0-9A-Za-z]{86}$/,
  /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./0-9A-Za-z]{53}$/,
];

/** What other hashes of crypt(3) are called. */
const OTHERS: readonly [begins: RegExp, name: string][] = [
  [/^\$y\$/, "yescrypt"],
  [/^\$gy\$/, "gost-yescrypt"],
  [/^\$7\$/, "scrypt"],
  [/^\$2x\$/, "the old, weak bcrypt"],
  [/^\$apr1\$/, "Apache's MD5"],
  [/^\$(md5|sha1)/, "Sun's hashes"],
  [/^\$3\$/, "NT hashes"],
  [/^(_[./0-9A-Za-z]{19}|[./0-9A-Za-z]{13})$/, "DES"],
];

const KNOWN =
  "a hash made with SHA-512 ($6$), SHA-256 ($5$), bcrypt ($2b$) or MD5 ($1$), as 'openssl passwd -6' prints it";

const hash: ArgType<string> = {
  label: "<hash>",
  describe: KNOWN,
  schema: { type: "string", pattern: "^\\$" },
  parse({ text }) {
    if (HASHES.some((pattern) => pattern.test(text))) return text;
    const other = OTHERS.find(([begins]) => begins.test(text));
    if (other !== undefined) return new Refusal(`${other[1]} is not supported`, KNOWN);
    return new Refusal(
      /^\$([156]|2[aby])\$/.test(text)
        ? "the hash is not complete"
        : "this is not the hash of a password",
      text.startsWith("$") ? KNOWN : `${KNOWN}; 'insecure-password' takes the password itself`,
    );
  },
};

export const userlistRows: readonly KeywordRow[] = [
  sectionKeyword("userlist", {
    name: "group",
    args: {
      name: one(word("<group>", "a name")),
      settings: named({ users: names("<user>,...", "names of users, separated by commas") }),
    },
    repeatable: true,
    summary: "A group of users",
    manual: "3.4",
    apply(list, { name, settings }, { diagnostics }) {
      if (list.groups.has(name.text)) {
        diagnostics.warning(
          name.span,
          `there is a group '${name.text}' above: this one is ignored`,
        );
        return;
      }
      list.groups.set(name.text, { name, users: settings.users ?? [] });
    },
  }),
  sectionKeyword("userlist", {
    name: "user",
    args: {
      name: one(word("<user>", "a name")),
      settings: named({
        password: hash,
        "insecure-password": text("<password>", "the password itself"),
        groups: names("<group>,...", "names of groups, separated by commas"),
      }),
    },
    repeatable: true,
    summary: "A user with a password: its hash, or (insecure) the text itself",
    manual: "3.4",
    apply(list, { name, settings }, { diagnostics }) {
      if (list.users.has(name.text)) {
        diagnostics.warning(name.span, `there is a user '${name.text}' above: this one is ignored`);
        return;
      }
      const { password, "insecure-password": plain, groups = [] } = settings;
      if (password === undefined && plain === undefined) {
        diagnostics.warning(name.span, `user '${name.text}' has no password and cannot log in`);
      }
      list.users.set(name.text, {
        name,
        // the last one written wins, and both at once mean nothing else
        password: password !== undefined
          ? { kind: "crypt", text: password }
          : plain === undefined
          ? undefined
          : { kind: "plain", text: plain },
        groups,
      });
    },
  }),
];
