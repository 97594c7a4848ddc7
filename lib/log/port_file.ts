/** A log file: lines are appended, in whole batches, so that threads and processes may share it. */
import { streamPort } from "./port_stream.ts";
import type { LinePort } from "./sink.ts";

/** As programs that write logs make them: the group may read it. */
const MODE = 0o640;

/** Opens a file for appending and makes it when it is not there. Throws when that cannot be. */
export function openFilePort(path: string): LinePort {
  const file = Deno.openSync(path, { append: true, create: true, mode: MODE });
  return streamPort(file, () => file.close());
}
