/** Writes texts of one letter each into a cell, as fast as it can, until it is told the end. */
import { Typed } from "../../lib/expr/sample.ts";
import { SharedCell } from "../../lib/expr/shared_cell.ts";

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<SharedArrayBuffer>) => void) | null;
  postMessage(message: string): void;
};

scope.onmessage = ({ data }) => {
  const cell = new SharedCell(data);
  for (let i = 0; i < 5000; i++) {
    const letter = String.fromCharCode(97 + i % 26);
    cell.write(new Typed("str", letter.repeat(1 + i % 900)));
  }
  scope.postMessage("done");
};
