/** What the settings of all steps of health checks have in common. */
import { text, word } from "./args.ts";
import { valued } from "./check_settings.ts";

/** A rule while it is read. */
export type Mutable<T> = { -readonly [K in keyof Omit<T, "step" | "span">]: T[K] };

/** `comment <msg>`: told when the step fails. */
export const comment = valued<{ comment?: string }, string>(
  "comment",
  text("<msg>"),
  (rule, value) => {
    rule.comment = value;
  },
);

/** A rule's own word for a log format: it is compiled later. */
export const format = word("<fmt>", "a log format");
