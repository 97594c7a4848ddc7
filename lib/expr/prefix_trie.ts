/**
 * A trie of texts whose edges are whole labels: which of many texts another one begins (or ends) with is found in as
 * many steps as the text has branches, however many texts there are.
 */

class Node {
  /** the least index of the texts that end here; -1: none does */
  index = -1;
  children: Map<number, Node> | undefined = undefined;
  label: string;

  constructor(label: string) {
    this.label = label;
  }
}

/** Tells whether a match may end at a position of the text. */
export type Boundary = (text: string, at: number) => boolean;

export class PrefixTrie {
  readonly #root = new Node("");

  /** `texts` by their index; of equal ones the first counts. */
  constructor(texts: readonly string[]) {
    for (let i = 0; i < texts.length; i++) this.#insert(texts[i], i);
  }

  #insert(text: string, index: number): void {
    let node = this.#root;
    let at = 0;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      const children = node.children ??= new Map();
      const child = children.get(code);
      if (child === undefined) {
        const leaf = new Node(text.slice(at));
        leaf.index = index;
        children.set(code, leaf);
        return;
      }
      const { label } = child;
      let same = 1;
      while (same < label.length && label.charCodeAt(same) === text.charCodeAt(at + same)) same++;
      if (same < label.length) {
        // The edge is cut where the two part.
        const middle = new Node(label.slice(0, same));
        child.label = label.slice(same);
        middle.children = new Map([[child.label.charCodeAt(0), child]]);
        children.set(code, middle);
        node = middle;
      } else node = child;
      at += same;
    }
    if (node.index < 0) node.index = index;
  }

  /** The index of the longest text that stands in `text` at `from`; -1: none does. */
  longest(text: string, from = 0): number {
    let node = this.#root;
    let best = node.index;
    for (let at = from;;) {
      const child = node.children?.get(text.charCodeAt(at));
      if (child === undefined || !text.startsWith(child.label, at)) return best;
      at += child.label.length;
      node = child;
      if (node.index >= 0) best = node.index;
    }
  }

  /** The least index of all texts that stand in `text` at `from` (and end at a boundary); -1: none does. */
  first(text: string, from = 0, boundary?: Boundary): number {
    let node = this.#root;
    let best = -1;
    for (let at = from;;) {
      const { index } = node;
      if (index >= 0 && (best < 0 || index < best)) {
        if (boundary === undefined || boundary(text, at)) best = index;
      }
      const child = node.children?.get(text.charCodeAt(at));
      if (child === undefined || !text.startsWith(child.label, at)) return best;
      at += child.label.length;
      node = child;
    }
  }

  /** Tells whether any of the texts stands in `text` at `from`. */
  any(text: string, from = 0): boolean {
    let node = this.#root;
    for (let at = from;;) {
      if (node.index >= 0) return true;
      const child = node.children?.get(text.charCodeAt(at));
      if (child === undefined || !text.startsWith(child.label, at)) return false;
      at += child.label.length;
      node = child;
    }
  }
}

/** The bytes in reverse order: a suffix is a prefix of the reversed text. */
export function reversed(text: string): string {
  let out = "";
  for (let i = text.length; i-- > 0;) out += text[i];
  return out;
}
