/** What a connection to the runtime socket may do (manual 5.1 `level`). */
export const levels = ["user", "operator", "admin"] as const;

export type Level = typeof levels[number];

/** True when `have` is at least `need`. */
export function mayDo(have: Level, need: Level): boolean {
  return levels.indexOf(have) >= levels.indexOf(need);
}
