/** The other thread of store_test.ts: adds one to the first cell of the record it is told of. */
import type { Layout } from "../../lib/state/layout.ts";
import { StateStore, type StoreImage } from "../../lib/state/store.ts";

const layout: Layout = {
  kind: "t",
  type: "shared",
  fields: [{ name: "a", doc: "" }, { name: "b", doc: "" }],
};
let store: StateStore | undefined;

const scope = self as unknown as {
  onmessage: (event: MessageEvent<{ image: StoreImage | undefined; name: string }>) => void;
  postMessage(answer: string): void;
};

scope.onmessage = ({ data: { image, name } }) => {
  if (image !== undefined) {
    if (store === undefined) store = StateStore.attach(image, 1);
    else store.sync(image);
  }
  try {
    const place = store!.lease().take(layout, name);
    const cell = new Int32Array(place.buffer, place.byteOffset, 1);
    scope.postMessage(`${name} was ${Atomics.add(cell, 0, 1)}`);
  } catch (error) {
    scope.postMessage((error as Error).message);
  }
};
