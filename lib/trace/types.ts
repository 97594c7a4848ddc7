/** What a trace says: plain data, in the shape in which `--json` prints it (docs/explain.md). */

/** Where a line stands in the configuration. */
export interface PlaceOf {
  readonly file: string;
  readonly line: number;
}

/** A sample that a criterion looked at. */
export interface SampleTrace {
  readonly value: string;
  readonly type: string;
  readonly matched: boolean;
  /** the pattern that matched */
  readonly pattern: string | null;
  /** `line 3 of 'FILE'`, for patterns of files */
  readonly where: string | null;
}

export interface CriterionTrace extends PlaceOf {
  /** as written: `path_end -i .jpg .png` */
  readonly criterion: string;
  /** the expression without what belongs to the match: `path`, `hdr(host)` */
  readonly expression: string;
  /** the match method: `str`, `beg`, `ip` … */
  readonly match: string;
  /** the first patterns, and how many there are */
  readonly patterns: readonly string[];
  readonly patternCount: number;
  readonly samples: readonly SampleTrace[];
  readonly result: boolean;
}

export interface TermTrace {
  /** the acl's name; "" for an anonymous one */
  readonly acl: string;
  readonly negated: boolean;
  /** false: what was tried before it had decided */
  readonly tried: boolean;
  /** of the term, negation included; null: not tried */
  readonly result: boolean | null;
  /** those that were tried */
  readonly criteria: readonly CriterionTrace[];
}

export interface ConditionTrace {
  readonly keyword: "if" | "unless";
  /** from `if` or `unless` on */
  readonly text: string;
  readonly result: boolean;
  /** alternatives, each of terms that must all hold */
  readonly groups: readonly (readonly TermTrace[])[];
}

/** Something that an action has changed. */
export interface Effect {
  readonly what:
    | "method"
    | "target"
    | "status"
    | "request header"
    | "response header"
    | "variable"
    | "setting";
  /** of the header, the variable or the setting */
  readonly name: string;
  /** null: it was not there, or is gone */
  readonly from: string | null;
  readonly to: string | null;
}

/** What an action or a choice has decided. */
export interface Outcome {
  /** `allow`, `deny`, `reply` …; for a choice `backend`, `server`, `force-persist` … */
  readonly type: string;
  readonly status: number | null;
  /** of a redirect */
  readonly location: string | null;
  /** of a choice */
  readonly name: string | null;
}

/** A line that was tried. */
export interface LineTrace extends PlaceOf {
  readonly proxy: string;
  readonly side: "frontend" | "backend";
  /** `http-request`, `use_backend` … */
  readonly set: string;
  /** the whole line */
  readonly text: string;
  readonly condition: ConditionTrace | null;
  /** the condition held, or there was none */
  readonly applied: boolean;
  readonly outcome: Outcome | null;
  readonly effects: readonly Effect[];
}
