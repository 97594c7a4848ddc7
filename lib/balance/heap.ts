/**
 * A binary heap whose nodes know their place, so that any node can be taken out or moved in O(log n).
 * Order: smallest `key` first; equal keys in the order they were put in, or in the one that is given.
 */
export class HeapNode<T> {
  key = 0;
  /** order among equal keys, a number of 32 bits that may have gone around */
  order = 0;
  /** index in the heap that holds it; -1: in none */
  at = -1;
  heap: Heap<T> | undefined = undefined;

  constructor(readonly value: T) {}
}

export class Heap<T> {
  readonly #nodes: HeapNode<T>[] = [];
  #inserted = 0;

  get size(): number {
    return this.#nodes.length;
  }

  /** The node with the smallest key, which stays. */
  first(): HeapNode<T> | undefined {
    return this.#nodes[0];
  }

  /** Puts a node in, behind all of the same key and of lower `order`. It must be in no heap. */
  add(node: HeapNode<T>, key: number, order = this.#inserted++ | 0): void {
    node.key = key;
    node.order = order;
    node.heap = this;
    this.#nodes.push(node);
    this.#up(node, this.#nodes.length - 1);
  }

  /** Takes a node out. It must be in this heap. */
  remove(node: HeapNode<T>): void {
    const nodes = this.#nodes;
    const at = node.at;
    const last = nodes.pop()!;
    node.at = -1;
    node.heap = undefined;
    if (last === node) return;
    if (at > 0 && before(last, nodes[(at - 1) >> 1])) this.#up(last, at);
    else this.#down(last, at);
  }

  #up(node: HeapNode<T>, at: number): void {
    const nodes = this.#nodes;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = nodes[above];
      if (!before(node, parent)) break;
      nodes[at] = parent;
      parent.at = at;
      at = above;
    }
    nodes[at] = node;
    node.at = at;
  }

  #down(node: HeapNode<T>, at: number): void {
    const nodes = this.#nodes;
    const half = nodes.length >> 1;
    while (at < half) {
      let below = 2 * at + 1;
      if (below + 1 < nodes.length && before(nodes[below + 1], nodes[below])) below++;
      const child = nodes[below];
      if (!before(child, node)) break;
      nodes[at] = child;
      child.at = at;
      at = below;
    }
    nodes[at] = node;
    node.at = at;
  }
}

function before<T>(a: HeapNode<T>, b: HeapNode<T>): boolean {
  return a.key < b.key || (a.key === b.key && (a.order - b.order | 0) < 0);
}
