/** The conditions of `set-var` (manual 7.3.1): when a variable is set at all. */
import type { StreamView } from "./context.ts";
import type { Typed } from "./sample.ts";
import type { Variable } from "./variables.ts";

type Holds = (value: Typed, stream: StreamView) => boolean;

/** Both are integers and compare so; of other types it is always true. */
function compares(order: (own: bigint | number, given: bigint | number) => boolean) {
  return (variable: Variable): Holds => (value, stream) => {
    const own = variable.get(stream);
    if (own?.type !== "sint" || value.type !== "sint") return true;
    return order(own.value as number, value.value as number);
  };
}

const isEmpty = ({ type, value }: Typed) =>
  (type === "str" || type === "bin") && (value as string).length === 0;

const CONDITIONS: Readonly<Record<string, (variable: Variable) => Holds>> = {
  ifexists: (variable) => (_, stream) => variable.exists(stream),
  ifnotexists: (variable) => (_, stream) => !variable.exists(stream),
  ifempty: () => isEmpty,
  ifnotempty: () => (value) => !isEmpty(value),
  ifset: (variable) => (_, stream) => variable.get(stream) !== undefined,
  ifnotset: (variable) => (_, stream) => variable.get(stream) === undefined,
  ifgt: compares((own, given) => own > given),
  iflt: compares((own, given) => own < given),
};

export const CONDITION_NAMES: readonly string[] = Object.keys(CONDITIONS);

/** All of the named conditions; undefined when there is none. */
export function conditionOf(
  variable: Variable,
  names: readonly (string | undefined)[],
): Holds | undefined {
  const tests = names.flatMap((name) => name === undefined ? [] : CONDITIONS[name](variable));
  if (tests.length <= 1) return tests[0];
  return (value, stream) => tests.every((test) => test(value, stream));
}
