/** What an action or a choice has answered, in the words of a trace. */
import type { LineInfo } from "../expr/observer.ts";
import type { RuleReply } from "../rules/types.ts";
import type { Outcome } from "./types.ts";

interface VerdictLike {
  readonly type: string;
  readonly status?: number;
  readonly reply?: RuleReply;
  readonly silent?: boolean;
}

/** `made` is a Verdict, the name of a backend or server, or nothing. */
export function outcomeOf({ set, tell }: LineInfo, made: unknown): Outcome | null {
  if (made === undefined || made === null) return null;
  if (tell !== undefined) return { type: set, status: null, location: null, name: tell(made) };
  if (typeof made === "string") {
    const type = set === "use_backend" ? "backend" : set === "use-server" ? "server" : set;
    return { type, status: null, location: null, name: made };
  }
  if (typeof made !== "object" || !("type" in made)) return null;
  const { status, reply, silent } = made as VerdictLike;
  const type = silent === true ? "silent-drop" : (made as VerdictLike).type;
  const location = reply?.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  return {
    type,
    status: status ?? reply?.status ?? (type === "auth" ? 401 : null),
    location: location ?? null,
    name: null,
  };
}

/** The sets of lines that choose; in all others an outcome ends the set. */
export function chooses(set: string): boolean {
  return CHOICES.has(set) || set.startsWith("stick ");
}

const CHOICES: ReadonlySet<string> = new Set([
  "use_backend",
  "use-server",
  "force-persist",
  "ignore-persist",
]);
