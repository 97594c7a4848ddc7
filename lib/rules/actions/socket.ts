/**
 * Actions on the sockets of a stream: `silent-drop`, TOS fields and marks (manual 4.2; the `fc` and `bc` forms are of
 * HAProxy 3.0).
 */
import { integer } from "../../config/keywords/args.ts";
import type { StreamView } from "../../expr/context.ts";
import { hasSocketCalls, mayMark, setMark, setTos } from "../../net/live_socket.ts";
import { argument, sampleArgument } from "../argument.ts";
import type { Action, ActionRow, RuleContext, RuleKind, Verdict } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const FRONT: readonly RuleKind[] = [
  "tcp-request connection",
  "tcp-request session",
  "tcp-request content",
  "tcp-response content",
  "http-request",
  "http-response",
];
const BACK: readonly RuleKind[] = ["tcp-request content", "http-request"];

const SILENT: Verdict = { type: "reject", silent: true };

/** False, and an alert, where options of a socket cannot be set. */
function isPossible(ctx: RuleContext): boolean {
  if (hasSocketCalls()) return true;
  ctx.diagnostics.alert(
    ctx.word.span,
    `'${ctx.word.text}' needs libc by FFI, which is not permitted or not there`,
    { allowed: "Linux, and --allow-ffi" },
  );
  return false;
}

/** What is set on a connection, and its limits. */
interface Field {
  readonly name: "tos" | "mark";
  readonly most: number;
  readonly set: (fd: number, value: number) => boolean;
}

const TOS: Field = { name: "tos", most: 255, set: setTos };
const MARK: Field = { name: "mark", most: 0xffffffff, set: setMark };

/** A number in decimal or, behind `0x`, in hexadecimal; where `orSample`, else an expression. */
function readNumber(
  reader: WordReader,
  { name, most }: Field,
  orSample: boolean,
  ctx: RuleContext,
): ((stream: StreamView) => number | undefined) | undefined {
  const word = reader.peek();
  if (word !== undefined && orSample && !/^[-+]?[0-9]/.test(word.text)) {
    const read = sampleArgument(reader, "sint", ctx);
    return read && ((stream) => {
      const value = read(stream);
      return value === undefined ? undefined : Number(BigInt.asUintN(32, BigInt(value as bigint)));
    });
  }
  const decimal = integer(0, most, `<${name}>`);
  const value = argument(reader, `a ${name}`, {
    ...decimal,
    parse: (found) =>
      decimal.parse(
        /^0x[0-9a-f]+$/i.test(found.text) ? { ...found, text: `${Number(found.text)}` } : found,
      ),
  });
  return value === undefined ? undefined : () => value;
}

function compileFront(field: Field, orSample: boolean) {
  return (reader: WordReader, ctx: RuleContext): Action | undefined => {
    const read = readNumber(reader, field, orSample, ctx);
    if (!isPossible(ctx) || read === undefined) return undefined;
    if (field === MARK) warnWithoutRight(ctx);
    return (stream) => {
      const value = read(stream);
      if (value === undefined) return undefined;
      const { session } = stream;
      session.marks = { ...session.marks, [field.name]: value & field.most };
      const fd = session.descriptor;
      if (fd !== undefined) field.set(fd, value & field.most);
      return undefined;
    };
  };
}

function warnWithoutRight(ctx: RuleContext): void {
  if (mayMark()) return;
  ctx.diagnostics.warning(
    ctx.word.span,
    `'${ctx.word.text}' has no effect in this process: marks need the right CAP_NET_ADMIN`,
  );
}

function front(name: string, field: Field, orSample: boolean, section: string): ActionRow {
  const what = field === TOS ? "the TOS field (or traffic class)" : "the mark";
  return {
    name,
    args: orSample ? `{ <${field.name}> | <expr> }` : `<${field.name}>`,
    rules: FRONT,
    doc: `sets ${what} of packets to the client`,
    section,
    compile: compileFront(field, orSample),
  };
}

function back(name: string, field: Field): ActionRow {
  const what = field === TOS ? "the TOS field (or traffic class)" : "the mark";
  return {
    name,
    args: `{ <${field.name}> | <expr> }`,
    rules: BACK,
    doc: `sets ${what} of packets to the server: the stream gets a connection of its own`,
    section: "4.3 (HAProxy 3.0)",
    compile: (reader, ctx) => {
      const read = readNumber(reader, field, true, ctx);
      if (!isPossible(ctx) || read === undefined) return undefined;
      if (field === MARK) warnWithoutRight(ctx);
      return (stream) => {
        const value = read(stream);
        if (value !== undefined) {
          stream.serverMarks = { ...stream.serverMarks, [field.name]: value & field.most };
        }
        return undefined;
      };
    },
  };
}

export const SOCKET_ACTIONS: readonly ActionRow[] = [
  {
    name: "silent-drop",
    args: "[ rst-ttl <ttl> ]",
    rules: FRONT,
    doc: "ends the client's connection so that the client does not hear of it",
    section: "4.2",
    compile: (reader, ctx) => {
      let ttl: number | undefined;
      if (reader.accept("rst-ttl")) {
        ttl = argument(reader, "a number", integer(1, 255, "<ttl>"));
        if (ttl === undefined) return undefined;
      }
      if (!isPossible(ctx)) return undefined;
      return (stream) => {
        stream.session.vanish?.(ttl);
        return SILENT;
      };
    },
  },
  front("set-tos", TOS, false, "4.2"),
  front("set-mark", MARK, false, "4.2"),
  front("set-fc-tos", TOS, true, "4.3 (HAProxy 3.0)"),
  front("set-fc-mark", MARK, true, "4.3 (HAProxy 3.0)"),
  back("set-bc-tos", TOS),
  back("set-bc-mark", MARK),
];
