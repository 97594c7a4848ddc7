/** What a resource of the REST API is: a row of a table. */
import type { Context } from "hono";
import type { RuntimeHost } from "../../lib/runtime/socket/command.ts";
import { runCommand, runWords } from "../../lib/runtime/socket/run_command.ts";
import type { Scope } from "./auth.ts";
import type { SchemaName } from "./schemas.ts";

export interface ApiCall {
  readonly host: RuntimeHost;
  readonly context: Context;
  readonly scope: Scope;
  /** the body as JSON, when the row takes one */
  readonly body: unknown;
}

export interface ApiRoute {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** as hono has it: `/servers/:backend/:server` */
  readonly path: string;
  readonly scope: Scope;
  readonly summary: string;
  readonly takes?: SchemaName;
  /** parameters behind the question mark, all of them needed */
  readonly query?: readonly string[];
  /** the body is a text: this one */
  readonly takesText?: string;
  /** undefined: the answer is no JSON */
  readonly gives?: SchemaName;
  readonly run: (call: ApiCall) => unknown;
}

/** An answer that is an error. */
export class ApiError {
  constructor(readonly status: 400 | 404 | 409 | 422, readonly message: string) {}
}

/** What a scope may do on the runtime socket. */
const LEVELS = { read: "user", operate: "operator", admin: "admin" } as const;

/** The answer to a line of the runtime socket. */
export function command(call: ApiCall, line: string): Promise<string> {
  return runCommand(line, call.host, LEVELS[call.scope]);
}

/** The answer to one command of the runtime socket, word by word. */
export function words(
  call: ApiCall,
  given: readonly string[],
  payload?: string,
): Promise<string> {
  return runWords(given, call.host, LEVELS[call.scope], payload);
}

/** A part of the path. */
export const parameter = ({ context }: ApiCall, name: string) => context.req.param(name) ?? "";
