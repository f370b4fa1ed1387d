// Work of a book beside its lane that needs the database: readings, dry runs, what a command prepares. A place is what one
// piece of work holds while it runs. Free places go round the books that wait, and a book gets a further one only while it
// has fewer than are free: alone it has half of them, so a newcomer always finds one, whatever a flood holds. The lanes do
// not come here; they have sessions of their own, so commands go before readings.

/** More of one book waits than may: come back later. */
export class ShareFull extends Error {
  override readonly name = 'ShareFull';
  constructor(readonly waiting: number) {
    super('too much work of one book waits for a place beside the lane');
  }
}
/** The client went away while its work waited; there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

interface Waiting {
  readonly start: () => void;
  readonly drop: (why: Error) => void;
  readonly gone: (() => boolean) | undefined;
}

export class Shares {
  #free: number;
  /** Those that have something waiting, the next to be served first. */
  readonly #ring: Share[] = [];

  constructor(readonly places: number) {
    this.#free = places;
  }

  /** A share of its own, e.g. for a book. `maxWaiting`: what may wait in it. */
  open(maxWaiting: number): Share {
    return new Share(this, maxWaiting);
  }

  /** Takes a place for the share if the rule allows. */
  take(share: Share): boolean {
    if (share.running >= this.#free) return false;
    this.#free--;
    return true;
  }

  give(): void {
    this.#free++;
    // Whoever was served goes to the end of the ring.
    for (let passed = 0; passed < this.#ring.length;) {
      const share = this.#ring.shift();
      if (!share) return;
      if (share.startNext()) passed = 0;
      else passed++;
      if (share.waiting > 0) this.#ring.push(share);
    }
  }

  wait(share: Share): void {
    if (!this.#ring.includes(share)) this.#ring.push(share);
  }
}

export class Share {
  #running = 0;
  #queue: Waiting[] = [];

  constructor(
    private readonly shares: Shares,
    private readonly maxWaiting: number,
  ) {}

  get running(): number {
    return this.#running;
  }
  get waiting(): number {
    return this.#queue.length;
  }
  get full(): boolean {
    return this.#queue.length >= this.maxWaiting;
  }

  /**
   * Runs the work when there is a place. Rejects with ShareFull when too much waits already (not for `patient` work, which
   * gives something back), with ClientGone when `gone` says so by the time there is a place.
   */
  run<T>(work: () => Promise<T> | T, of: { gone?: () => boolean; patient?: boolean } = {}): Promise<T> {
    if (this.#queue.length === 0 && this.shares.take(this)) {
      this.#running++;
      return this.#work(work);
    }
    if (this.full && of.patient !== true) return Promise.reject(new ShareFull(this.#queue.length));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ start: () => resolve(this.#work(work)), drop: reject, gone: of.gone });
      this.shares.wait(this);
    });
  }

  /** Starts what waits longest, if the rule gives this share a place. Called by the shares. */
  startNext(): boolean {
    for (;;) {
      const next = this.#queue[0];
      if (!next) return false;
      if (next.gone?.() === true) {
        this.#queue.shift();
        next.drop(new ClientGone('the client went away'));
        continue;
      }
      if (!this.shares.take(this)) return false;
      this.#queue.shift();
      this.#running++;
      next.start();
      return true;
    }
  }

  async #work<T>(work: () => Promise<T> | T): Promise<T> {
    try {
      return await work();
    } finally {
      this.#running--;
      this.shares.give();
    }
  }
}
