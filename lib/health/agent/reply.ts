/** What an agent says (manual 5.2 `agent-check`): words between blanks and commas, a comment behind a sharp. */

export interface AgentReply {
  /** the word as it was sent: `up`, `down`, `stopped`, `fail` */
  readonly health?: string;
  readonly admin?: "ready" | "drain" | "maint";
  /** `50%` */
  readonly weight?: string;
  readonly maxconn?: string;
  readonly comment: string;
  /** the first word that is none of the agent's */
  readonly unknown?: string;
}

const HEALTH = new Set(["up", "down", "stopped", "fail"]);
const ADMIN = new Set(["ready", "drain", "maint"]);

/** Reads the line that an agent sent; the last word of each kind counts. */
export function parseAgentReply(line: string): AgentReply {
  const sharp = /(^|[ \t,])#/.exec(line);
  const words = (sharp === null ? line : line.slice(0, sharp.index)).split(/[ \t,]+/);
  const comment = sharp === null ? "" : line.slice(sharp.index + sharp[0].length).trim();
  let health: string | undefined;
  let admin: AgentReply["admin"];
  let weight: string | undefined;
  let maxconn: string | undefined;
  let unknown: string | undefined;
  for (const word of words) {
    const lower = word.toLowerCase();
    if (word === "") continue;
    if (HEALTH.has(lower)) health = word;
    else if (ADMIN.has(lower)) admin = lower as AgentReply["admin"];
    else if (/^[0-9]+%$/.test(word)) weight = word;
    else if (lower.startsWith("maxconn:")) maxconn = word.slice("maxconn:".length);
    else unknown ??= word;
  }
  return { health, admin, weight, maxconn, comment, unknown };
}
