/** Drafts of sections that are neither `global` nor proxies: what their keyword rows write into. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Span, Word } from "./document.ts";
import type { Places } from "./draft.ts";
import type { ErrorFileConfig, HttpErrorsConfig } from "./model_errors.ts";
import type { UserConfig, UserlistConfig, UserPassword } from "./model_userlist.ts";
import { nearest } from "./suggest.ts";

interface SectionDraft {
  readonly name: string;
  readonly span: Span;
  readonly places: Places;
}

/** `userlist` */
export interface UserlistDraft extends SectionDraft {
  readonly users: Map<string, UserDraft>;
  readonly groups: Map<string, GroupDraft>;
}

export interface UserDraft {
  readonly name: Word;
  readonly password?: UserPassword;
  readonly groups: readonly Word[];
}

export interface GroupDraft {
  readonly name: Word;
  readonly users: readonly Word[];
}

/** `http-errors` */
export interface HttpErrorsDraft extends SectionDraft {
  /** by status */
  readonly files: Map<number, ErrorFileConfig>;
}

export interface SectionDrafts {
  readonly userlist: UserlistDraft;
  readonly "http-errors": HttpErrorsDraft;
}

export function newSectionDraft(
  kind: keyof SectionDrafts,
  name: string,
  span: Span,
): UserlistDraft | HttpErrorsDraft {
  const common = { name, span, places: new Map() };
  return kind === "userlist"
    ? { ...common, users: new Map(), groups: new Map() }
    : { ...common, files: new Map() };
}

export function finishHttpErrors({ name, span, files }: HttpErrorsDraft): HttpErrorsConfig {
  return { name, span, files: [...files.values()] };
}

/** Users and groups may each name the other: both count (manual 3.4). */
export function finishUserlist(draft: UserlistDraft, diagnostics: Diagnostics): UserlistConfig {
  const groupsOf = new Map<string, Set<string>>();
  for (const name of draft.users.keys()) groupsOf.set(name, new Set());
  const unknown = (word: Word, what: string, known: Iterable<string>) =>
    diagnostics.alert(word.span, `there is no ${what} '${word.text}' in 'userlist ${draft.name}'`, {
      nearest: nearest(word.text, known),
    });
  for (const { name, groups } of draft.users.values()) {
    for (const group of groups) {
      if (draft.groups.has(group.text)) groupsOf.get(name.text)!.add(group.text);
      else unknown(group, "group", draft.groups.keys());
    }
  }
  for (const { name, users } of draft.groups.values()) {
    for (const user of users) {
      const groups = groupsOf.get(user.text);
      if (groups === undefined) unknown(user, "user", draft.users.keys());
      else groups.add(name.text);
    }
  }
  const users = [...draft.users.values()].map(({ name, password }): UserConfig => ({
    name: name.text,
    password,
    groups: [...groupsOf.get(name.text)!],
  }));
  return { name: draft.name, span: draft.span, users, groups: [...draft.groups.keys()] };
}
