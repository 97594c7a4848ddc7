import assert from "node:assert/strict";
import { FileWatch, type FolderEvents } from "../../lib/cli/watch.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { scopedTest } from "../support/scope.ts";

/** Events that the test tells. */
class Told implements FolderEvents {
  #wake: ((result: IteratorResult<unknown>) => void) | undefined;
  closed = false;

  constructor(readonly folders: string[]) {}

  [Symbol.asyncIterator]() {
    return { next: () => new Promise<IteratorResult<unknown>>((resolve) => this.#wake = resolve) };
  }

  async tell(): Promise<void> {
    this.#wake?.({ value: {}, done: false });
    for (let i = 0; i < 5; i++) await undefined;
  }

  close(): void {
    this.closed = true;
    this.#wake?.({ value: undefined, done: true });
  }
}

function setup(paths: () => string[]) {
  const clock = new FakeClock();
  const watched: Told[] = [];
  let changes = 0;
  const watch = new FileWatch({
    paths,
    clock,
    onChange: () => changes++,
    report: (message) => assert.fail(message),
    watch: (folders) => {
      const told = new Told(folders);
      watched.push(told);
      return told;
    },
  });
  watch.adopt();
  return { clock, watched, watch, changes: () => changes };
}

scopedTest("many events are one change, after silence; none when no file is different", {}, async (
  scope,
) => {
  const file = scope.write("etc/a.cfg", "one");
  const { clock, watched, watch, changes } = setup(() => [file]);
  const [events] = watched;
  assert.deepEqual(events.folders, [scope.path("etc")]);
  await events.tell();
  clock.advance(1000);
  assert.equal(changes(), 0, "another file of the folder");
  for (const text of ["two", "three", "three and more"]) {
    scope.write("etc/a.cfg", text);
    await events.tell();
    clock.advance(100);
  }
  assert.equal(changes(), 0);
  clock.advance(300);
  assert.equal(changes(), 1);
  await events.tell();
  clock.advance(1000);
  assert.equal(changes(), 1);
  watch.stop();
  assert.ok(events.closed);
});

scopedTest("events without end do not put a change off for ever", {}, async (scope) => {
  const file = scope.write("etc/a.cfg", "one");
  const { clock, watched, watch, changes } = setup(() => [file]);
  scope.write("etc/a.cfg", "another");
  for (let i = 0; i < 31; i++) {
    await watched[0].tell();
    clock.advance(100);
  }
  assert.equal(changes(), 1);
  watch.stop();
});

scopedTest(
  "files that a new configuration names are watched; one that came is a change",
  {},
  async (
    scope,
  ) => {
    const file = scope.write("etc/a.cfg", "one");
    const map = scope.path("maps/hosts.map");
    Deno.mkdirSync(scope.path("maps"));
    const paths = [file];
    const { clock, watched, watch, changes } = setup(() => paths);
    paths.push(map);
    watch.adopt();
    assert.ok(watched[0].closed);
    assert.deepEqual(watched[1].folders, [scope.path("etc"), scope.path("maps")]);
    scope.write("maps/hosts.map", "a b\n");
    await watched[1].tell();
    clock.advance(1000);
    assert.equal(changes(), 1);
    // A reload looks again at which files there are; what it has not read is no news.
    watch.adopt();
    await watched[1].tell();
    clock.advance(1000);
    assert.equal(changes(), 1);
    watch.stop();
  },
);
