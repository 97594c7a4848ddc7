/** What is said about a configuration. Rendering is in `render_diagnostic.ts`. */
import type { Span } from "./document.ts";

export type Severity = "alert" | "warning" | "notice" | "diag";

export interface Diagnostic {
  readonly severity: Severity;
  /** One sentence without a final full stop; names the word that is wrong in single quotes. */
  readonly message: string;
  readonly span?: Span;
  /** What may stand there: a short phrase or a list of words. */
  readonly allowed?: string;
  /** The valid word that is nearest to what was written. */
  readonly nearest?: string;
  /** A second place that matters ("first defined here"). */
  readonly related?: { readonly span: Span; readonly message: string };
}

/** Collects diagnostics so that all mistakes of a configuration are reported at once. */
export class Diagnostics {
  readonly list: Diagnostic[] = [];

  alert(span: Span | undefined, message: string, more: Partial<Diagnostic> = {}): void {
    this.list.push({ severity: "alert", span, message, ...more });
  }

  warning(span: Span | undefined, message: string, more: Partial<Diagnostic> = {}): void {
    this.list.push({ severity: "warning", span, message, ...more });
  }

  add(severity: Severity, span: Span | undefined, message: string): void {
    this.list.push({ severity, span, message });
  }

  /** True when at least one alert was reported: the configuration must not be used. */
  get failed(): boolean {
    return this.list.some((d) => d.severity === "alert");
  }
}
