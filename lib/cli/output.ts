/** Where the command line writes. */
import type { Diagnostic } from "../config/diagnostic.ts";
import { renderDiagnostics, type RenderOptions } from "../config/render_diagnostic.ts";

export interface Output {
  /** Standard output: answers. */
  out(text: string): void;
  /** Standard error: messages. */
  err(text: string): void;
  /** how diagnostics are shown on standard error */
  readonly render: RenderOptions;
}

/** The real descriptors. For the time of starting only: it waits until all is written. */
export function terminalOutput(): Output {
  return {
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    render: { color: Deno.stderr.isTerminal() && !Deno.noColor },
  };
}

function writeAll(file: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  } catch {
    // Nobody reads it: no reason to end.
  }
}

/** Diagnostics as text, `diag` notes only when they are wanted. */
export function diagnosticsText(
  list: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  options: RenderOptions & { readonly diag?: boolean },
): string {
  const shown = options.diag === true ? list : list.filter(({ severity }) => severity !== "diag");
  return renderDiagnostics(shown, sources, options);
}
