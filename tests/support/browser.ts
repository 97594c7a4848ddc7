/** A real browser: Debian's chromium, driven by playwright-core. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findProgram } from "./needs.ts";
import { type Scope, sharedByTests } from "./scope.ts";

/** Answers what starts one for all tests of a file, when the first of them asks; to be called while it is loaded. */
export function sharedBrowser(): () => Promise<Browser> {
  return sharedByTests(startBrowser);
}

async function startBrowser(scope: Scope): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: findProgram("chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    timeout: 120_000,
  });
  scope.defer("the browser", () => browser.close());
  return browser;
}

/** A page whose script errors and refused resources are gathered in `problems`; of a failed test's it is said what it saw. */
export async function newPage(
  scope: Scope,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly problems: string[] }> {
  const context = await browser.newContext(options);
  const seen: string[] = [];
  scope.defer("the page", async (failed) => {
    if (failed) console.error(`The browser's page saw:\n${seen.slice(-40).join("\n")}`);
    await context.close();
  });
  // A loaded machine is no fault of the page.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const begun = performance.now();
  const see = (what: string) =>
    void seen.push(`${Math.round(performance.now() - begun)} ms ${what}`);
  page.on("response", (answer) => see(`${answer.status()} ${answer.url()}`));
  page.on("requestfailed", (request) => see(`${request.failure()?.errorText} ${request.url()}`));
  page.on("framenavigated", (frame) => see(`at ${frame.url()}`));
  page.on("crash", () => see("it crashed"));
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  return { page, problems };
}
