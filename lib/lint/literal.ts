/** Conditions as alternatives of literals, and when one follows from another. */
import type { StreamTest } from "../expr/acl.ts";
import type { Condition, Term } from "../expr/condition.ts";
import type { CriterionInfo } from "../expr/observer.ts";
import { criterionFollows } from "./criterion.ts";

export interface Literal {
  readonly negated: boolean;
  readonly term: Term;
}

export type InfoOf = (test: StreamTest) => CriterionInfo | undefined;

/** `true`: it always holds. Groups are alternatives; each holds when all of its literals do. No group: never. */
export type Normal = true | readonly (readonly Literal[])[];

/** The condition with `unless` and constants resolved; undefined: it is too tangled to say anything of it. */
export function normalOf(condition: Condition | undefined, info: InfoOf): Normal | undefined {
  if (condition === undefined) return true;
  const groups = condition.groups.map((group) =>
    group.map((term): Literal => ({ negated: term.negated, term }))
  );
  const straight = condition.unless ? turned(groups) : groups;
  if (straight === undefined) return undefined;
  const left: Literal[][] = [];
  for (const group of straight) {
    const values = group.map((literal) => constantOf(literal, info));
    if (values.includes(false)) continue;
    const rest = group.filter((_, i) => values[i] === undefined);
    if (rest.length === 0) return true;
    left.push(rest);
  }
  return left;
}

const flipped = ({ negated, term }: Literal): Literal => ({ negated: !negated, term });

/** The contrary, where it needs no distribution. */
function turned(groups: readonly Literal[][]): Literal[][] | undefined {
  if (groups.length === 1) return groups[0].map((literal) => [flipped(literal)]);
  if (groups.every((group) => group.length === 1)) return [groups.map(([one]) => flipped(one))];
  return undefined;
}

/** Whether a literal is always true or false. */
function constantOf({ negated, term }: Literal, info: InfoOf): boolean | undefined {
  const { criteria } = term.acl;
  if (criteria.length !== 1) return undefined;
  const about = info(criteria[0].test);
  if (about === undefined || about.hasConverters || about.match.name !== "bool") return undefined;
  const { name } = about.row;
  if (name !== "always_true" && name !== "always_false") return undefined;
  return (name === "always_true") !== negated;
}

/** Whether `then` holds for every stream for which `when` does. */
export function follows(when: Normal, then: Normal, info: InfoOf): boolean {
  if (then === true) return true;
  if (when === true || when.length === 0) return false;
  return when.every((group) =>
    then.some((other) =>
      other.every((wanted) => group.some((given) => literalFollows(given, wanted, info)))
    )
  );
}

function literalFollows(given: Literal, wanted: Literal, info: InfoOf): boolean {
  if (given.negated !== wanted.negated) return false;
  return given.negated
    ? termFollows(wanted.term, given.term, info)
    : termFollows(given.term, wanted.term, info);
}

/** Whether the ACL of `then` is true whenever that of `when` is. */
function termFollows(when: Term, then: Term, info: InfoOf): boolean {
  if (when.acl === then.acl && when.acl.name !== "") return true;
  const { criteria } = when.acl;
  return criteria.length > 0 && criteria.every((given) => {
    const a = info(given.test);
    return a !== undefined && then.acl.criteria.some((wanted) => {
      const b = info(wanted.test);
      return b !== undefined && criterionFollows(a, b);
    });
  });
}
