/** The identifier of a stream (manual 4.2 `unique-id-format`). */
import type { StreamView } from "./context.ts";

/** Made when it is first asked for, and the same from then on; undefined: the frontend has no format for it. */
export function uniqueIdOf(stream: StreamView): string | undefined {
  return stream.uniqueId ??= stream.frontend.makeUniqueId?.(stream);
}
