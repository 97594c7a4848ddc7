/** All kinds of health checks, in one explicit list. */
import type { CheckKind } from "./check.ts";
import { httpCheck, plainCheck, tcpCheck } from "./sequence/kinds.ts";

export const checkKinds: readonly CheckKind[] = [plainCheck, httpCheck, tcpCheck];

/** Finds a kind of check by its name. */
export function checkKindNamed(name: string): CheckKind | undefined {
  return checkKinds.find((kind) => kind.name === name);
}
