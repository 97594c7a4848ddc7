/** The predefined ACLs (manual 7.4). */
import { Diagnostics } from "../config/diagnostic.ts";
import type { Word } from "../config/document.ts";
import { type Acl, compileCriterion } from "./acl.ts";
import type { Observer } from "./observer.ts";

export interface PredefinedAcl {
  readonly name: string;
  /** what it stands for, as words of an `acl` line */
  readonly criterion: string;
  readonly doc: string;
}

export const PREDEFINED_ACLS: readonly PredefinedAcl[] = [
  { name: "FALSE", criterion: "always_false", doc: "never" },
  { name: "HTTP", criterion: "req.proto_http", doc: "the request is valid HTTP" },
  { name: "HTTP_1.0", criterion: "req.ver 1.0", doc: "the request's version is 1.0" },
  { name: "HTTP_1.1", criterion: "req.ver 1.1", doc: "the request's version is 1.1" },
  { name: "HTTP_2.0", criterion: "req.ver 2.0", doc: "the request's version is 2.0" },
  {
    name: "HTTP_CONTENT",
    criterion: "req.hdr_val(content-length) gt 0",
    doc: "there is a Content-Length above 0",
  },
  {
    name: "HTTP_URL_ABS",
    criterion: "url_reg ^[^/:]*://",
    doc: "the target is absolute, with a scheme",
  },
  { name: "HTTP_URL_SLASH", criterion: "url_beg /", doc: "the target begins with a slash" },
  { name: "HTTP_URL_STAR", criterion: "url *", doc: "the target is *" },
  { name: "LOCALHOST", criterion: "src 127.0.0.1/8 ::1", doc: "the client is on this machine" },
  { name: "METH_CONNECT", criterion: "method CONNECT", doc: "the method is CONNECT" },
  { name: "METH_DELETE", criterion: "method DELETE", doc: "the method is DELETE" },
  { name: "METH_GET", criterion: "method GET HEAD", doc: "the method is GET or HEAD" },
  { name: "METH_HEAD", criterion: "method HEAD", doc: "the method is HEAD" },
  { name: "METH_OPTIONS", criterion: "method OPTIONS", doc: "the method is OPTIONS" },
  { name: "METH_POST", criterion: "method POST", doc: "the method is POST" },
  { name: "METH_PUT", criterion: "method PUT", doc: "the method is PUT" },
  { name: "METH_TRACE", criterion: "method TRACE", doc: "the method is TRACE" },
  {
    name: "RDP_COOKIE",
    criterion: "req.rdp_cookie_cnt gt 0",
    doc: "the client sends a cookie of RDP",
  },
  { name: "REQ_CONTENT", criterion: "req.len gt 0", doc: "the client has sent something" },
  { name: "TRUE", criterion: "always_true", doc: "always" },
  { name: "WAIT_END", criterion: "wait_end", doc: "content inspection has ended" },
];

const compiled = new Map<string, Acl>();

/** The predefined ACL of that name, compiled when first asked for, or for an observer of its own. */
export function predefinedAcl(name: string, observer?: Observer): Acl | undefined {
  let acl = observer === undefined ? compiled.get(name) : undefined;
  if (acl !== undefined) return acl;
  const row = PREDEFINED_ACLS.find((row) => row.name === name);
  if (row === undefined) return undefined;
  const words = row.criterion.split(" ").map((text): Word => ({
    text,
    span: { file: "", line: 0, column: 0, length: text.length },
  }));
  const diagnostics = new Diagnostics();
  const criterion = compileCriterion(words, {
    diagnostics,
    side: "frontend",
    mode: "http",
    observer,
  });
  if (criterion === undefined) throw new Error(`predefined ACL '${name}' does not compile`);
  acl = { name, criteria: [criterion] };
  if (observer === undefined) compiled.set(name, acl);
  return acl;
}
