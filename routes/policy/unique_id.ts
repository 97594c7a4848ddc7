/** `unique-id-header` (manual 4.2): the server is told the request's identifier. */
import { uniqueIdOf } from "../../lib/expr/unique_id.ts";
import { onRequest, type PolicyMiddleware } from "./policy.ts";

/** Adds the field when the frontend makes identifiers; undefined without a name. */
export function uniqueIdField(name: string | undefined): PolicyMiddleware | undefined {
  if (name === undefined) return undefined;
  return onRequest((stream) => {
    const id = uniqueIdOf(stream);
    if (id !== undefined) stream.request!.append(name, id);
    return undefined;
  });
}
