/** What the statements of the REST API must agree on. */
import type { Diagnostics } from "./diagnostic.ts";
import type { GlobalDraft } from "./draft.ts";

/** Never open: without a key nobody could be told from anybody. */
export function checkApi({ api }: GlobalDraft, diagnostics: Diagnostics): void {
  if (api === undefined) return;
  const { bind, secretFile, jwks, crt, clientCa, clients, span } = api;
  if (bind === undefined) {
    diagnostics.alert(span, "'api' needs 'api bind': it would listen nowhere");
  } else if (secretFile !== undefined && jwks !== undefined) {
    diagnostics.alert(span, "'api secret-file' and 'api jwks' exclude each other");
  } else if (secretFile === undefined && jwks === undefined && clientCa === undefined) {
    diagnostics.alert(
      span,
      "'api bind' needs 'api secret-file', 'api jwks' or 'api client-ca': without a key it would be open",
    );
  }
  if (clientCa !== undefined && crt === undefined) {
    diagnostics.alert(span, "'api client-ca' needs 'api crt': client certificates need TLS");
  }
  if ((clientCa === undefined) !== (clients === undefined)) {
    diagnostics.alert(
      span,
      clientCa === undefined
        ? "'api client' needs 'api client-ca': nobody could vouch for the name"
        : "'api client-ca' needs 'api client' lines: they say what each client may do",
    );
  }
}
