/** Worked examples of a page in docs/, each run by a test as it stands there. */
import assert from "node:assert/strict";
import { FRONTEND, type Rig, rigTest, S1, S2 } from "./proxy_rig.ts";

/** What tests of one page's examples share. */
export interface DocExamples {
  /** The first whole configuration below a heading, on the addresses of the rig. */
  text(heading: string): string;
  /** Runs it; `adapt` puts something of the test's own in its place. */
  test(
    heading: string,
    what: string,
    play: (rig: Rig) => Promise<void>,
    adapt?: (text: string) => string,
  ): void;
  /** Registers the test that no example of the page is left out; after all others. */
  testAll(): void;
}

function sectionsOf(name: string): readonly string[] {
  const page = Deno.readTextFileSync(new URL(`../../docs/${name}`, import.meta.url));
  return page.split(/^##+ /m).slice(1);
}

/** The first whole configuration below a heading of `docs/NAME`, as it stands there. */
export function docExample(name: string, heading: string, form: "cfg" | "yaml" = "cfg"): string {
  const section = sectionsOf(name).find((text) => text.startsWith(`${heading}\n`));
  const found =
    (form === "cfg"
      ? /^```haproxy complete[^\n]*\n([\s\S]*?)^```/m
      : /^```yaml complete[^\n]*\n([\s\S]*?)^```/m).exec(section ?? "")?.[1];
  assert.ok(found !== undefined, `docs/${name} has no example under '${heading}'`);
  return found;
}

/** The examples of `docs/NAME`. */
export function docExamples(name: string): DocExamples {
  const sections = sectionsOf(name);
  const tested: string[] = [];
  const text = (heading: string) => {
    const found = docExample(name, heading);
    return found.replace(":8080", FRONTEND).replaceAll("10.0.0.10:80", S1)
      .replaceAll("10.0.0.20:80", S2);
  };
  return {
    text,
    test(heading, what, play, adapt = (text) => text) {
      tested.push(heading);
      rigTest(`docs/${name} '${heading}': ${what}`, { text: adapt(text(heading)) }, play);
    },
    testAll() {
      Deno.test(`docs/${name}: every example is run by a test`, () => {
        const headings = sections.filter((text) => text.includes("```haproxy complete"))
          .map((section) => section.split("\n")[0]);
        assert.deepEqual(headings, tested);
      });
    },
  };
}
