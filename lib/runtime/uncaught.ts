/** Errors that nothing caught must not end the process: they are reported, and everything else goes on. */

/** Reports in one second at most. */
const MOST = 10;

/**
 * Catches uncaught exceptions and unhandled rejections of this thread from now on. Answers a function that takes the
 * handlers away again.
 */
export function surviveUncaught(
  report: (message: string) => void,
  now: () => number = performance.now.bind(performance),
): () => void {
  let second = NaN;
  let count = 0;
  const limited = (kind: string, error: unknown) => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      if (count > MOST) report(`${count - MOST} more internal errors were not shown`);
      second = current;
      count = 0;
    }
    if (++count <= MOST) report(`internal error (${kind}): ${describe(error)}`);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    limited("uncaught", event.error ?? event.message);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    limited("unhandled rejection", event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return () => {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  };
}

function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.stack ?? error.message : String(error);
  } catch {
    return "an error that cannot be shown";
  }
}
