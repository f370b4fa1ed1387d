// The one thread of the process, shared by book. Whatever came in one turn of the event loop would be parsed, checked and
// queued before anything else is looked at: behind five hundred requests of one book, another's single command would wait for
// all of them, again at each of its own steps. So only so many requests go on in a turn, and the books take them by turns.
// Between turns the loop sees what else is there: answers of the database, new requests, those to be sent away.

/** About a millisecond of work at what a request costs: the system's connections are accepted one in a turn, too. */
const perTurn = 4;

export class Turns {
  /** A line for each book that has something waiting, the next to go first. */
  readonly #ring: (() => void)[][] = [];
  #passed = 0;
  #scheduled = false;

  /** Calls `go` now if this turn has room, else when it is the turn of its line. A line is an array of the caller's own. */
  pass(line: (() => void)[], go: () => void): void {
    this.#schedule();
    if (this.#ring.length === 0 && this.#passed < perTurn) {
      this.#passed++;
      go();
      return;
    }
    if (line.length === 0) this.#ring.push(line);
    line.push(go);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    this.#passed = 0;
    for (let line = this.#ring.shift(); line; line = this.#passed < perTurn ? this.#ring.shift() : undefined) {
      const go = line.shift();
      if (line.length > 0) this.#ring.push(line);
      this.#passed++;
      go?.();
    }
    if (this.#passed > 0) this.#schedule();
  };
}
