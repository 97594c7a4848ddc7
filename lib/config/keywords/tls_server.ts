/** TLS settings of `server` and `default-server` lines (manual 5.2). */
import type { ServerTls } from "../model_tls.ts";
import { oneOf, text } from "./args.ts";
import { flag, setting } from "./option_table.ts";
import {
  commonSettings,
  fileAt,
  fileText,
  protocols,
  type Row,
  setTls,
  type TlsDraft,
  versionSettings,
} from "./tls_settings.ts";

type Draft = TlsDraft<ServerTls>;

const takesBack = (name: string, what: string, change: Partial<ServerTls>) =>
  flag<Draft>(name, `Takes back ${what} of default-server`, (server) => setTls(server, change));

export const tlsServerSettings: readonly Row<Draft>[] = [
  flag<Draft>("ssl", "Speaks TLS to the server", (server) => setTls(server, { ssl: true })),
  takesBack("no-ssl", "an 'ssl'", { ssl: false }),
  ...commonSettings<Draft>(),
  ...versionSettings<Draft>(),
  takesBack("tls-tickets", "a 'no-tls-tickets'", { tickets: true }),
  setting<Draft, "none" | "required">({
    name: "verify",
    value: oneOf("none", "required"),
    summary: "Whether the server's certificate is verified; 'required' when it is not set",
    apply: (server, verify) => setTls(server, { verify }),
  }),
  setting<Draft, string>({
    name: "verifyhost",
    value: text("<name>"),
    summary: "Name that the server's certificate must have when no name is sent by 'sni'",
    apply: (server, verifyHost) => setTls(server, { verifyHost }),
  }),
  takesBack("no-verifyhost", "a 'verifyhost'", { verifyHost: undefined }),
  setting<Draft, string>({
    name: "crt",
    value: fileText,
    summary: "Certificate and key shown to servers that ask for one",
    apply: (server, path, context) => setTls(server, { crt: fileAt(path, context) }),
  }),
  setting<Draft, string>({
    name: "sni",
    value: text("<expression>"),
    summary: "Name sent to the server: an expression such as 'req.hdr(host)' or 'str(name)'",
    apply: (server, _value, { word }) => setTls(server, { sni: word }),
  }),
  flag<Draft>("no-ssl-reuse", "Resumes no TLS sessions", (server) => {
    setTls(server, { noReuse: true });
  }),
  takesBack("ssl-reuse", "a 'no-ssl-reuse'", { noReuse: false }),
  flag<Draft>("check-ssl", "Checks over TLS, also on another port", (server) => {
    setTls(server, { checkSsl: true });
  }),
  takesBack("no-check-ssl", "a 'check-ssl'", { checkSsl: false }),
  setting<Draft, string>({
    name: "check-sni",
    value: text("<name>"),
    summary: "Name that checks send",
    apply: (server, checkSni) => setTls(server, { checkSni }),
  }),
  setting<Draft, readonly string[]>({
    name: "check-alpn",
    value: protocols,
    summary: "Protocols that checks offer",
    apply: (server, checkAlpn) => setTls(server, { checkAlpn }),
  }),
];
