/** Users and groups by name, from `/etc/passwd` and `/etc/group` (passwd(5), group(5)). */

/** Reads a file; throws when it cannot. */
export type ReadText = (path: string) => string;

export interface UserEntry {
  readonly uid: number;
  readonly gid: number;
}

/** The entry of a user name, undefined when there is none. */
export function findUser(
  name: string,
  read: ReadText = Deno.readTextFileSync,
): UserEntry | undefined {
  const fields = lineOf("/etc/passwd", name, read);
  if (fields === undefined || fields.length < 4) return undefined;
  const uid = idOf(fields[2]);
  const gid = idOf(fields[3]);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** The number of a group name, undefined when there is none. */
export function findGroup(
  name: string,
  read: ReadText = Deno.readTextFileSync,
): number | undefined {
  return idOf(lineOf("/etc/group", name, read)?.[2]);
}

function lineOf(path: string, name: string, read: ReadText): string[] | undefined {
  let text: string;
  try {
    text = read(path);
  } catch {
    return undefined;
  }
  for (const line of text.split("\n")) {
    if (line.startsWith(`${name}:`)) return line.split(":");
  }
  return undefined;
}

function idOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}
