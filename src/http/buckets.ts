// Token buckets in memory, one per name: so many requests a second, so many at once. Each bucket is one number, the moment
// at which it will be full again (the «generic cell rate algorithm»): nothing runs to refill it. A full bucket is the same
// as none, so forgetting the one that was used longest ago bounds the memory whatever anybody sends.
//
// @fastify/rate-limit was tried and left, not for its cost (2 to 10 µs a request; this is 0.2): it counts fixed windows (twice
// the burst at a window's edge), names its headers by an early draft, and can only take by a promise, where what is wanted is
// a look before the key is looked up and a token after it proved itself.

const mostNames = 10_000;

/** Names that were seen lately: the one that was added longest ago is forgotten first. */
export class Lately {
  readonly #names = new Set<string>();

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): void {
    if (this.#names.has(name)) return;
    if (this.#names.size >= mostNames) {
      const [oldest] = this.#names;
      if (oldest !== undefined) this.#names.delete(oldest);
    }
    this.#names.add(name);
  }
}

export interface Taken {
  readonly allowed: boolean;
  /** Whole requests left in the bucket. */
  readonly left: number;
  /** Milliseconds until there is one again (0 when allowed), and until the bucket is full. */
  readonly againMs: number;
  readonly fullMs: number;
}

export class Buckets {
  readonly #fullAt = new Map<string, number>();
  readonly #interval: number;
  readonly #window: number;

  /** Infinity a second: every request is allowed. */
  constructor(
    readonly perSecond: number,
    readonly burst: number,
  ) {
    this.#interval = 1000 / perSecond;
    this.#window = this.#interval * burst;
  }

  get limited(): boolean {
    return this.#interval > 0;
  }

  get size(): number {
    return this.#fullAt.size;
  }

  /** Whether a request of this name would be refused now; takes nothing. */
  isEmpty(name: string, now: number): boolean {
    return this.limited && (this.#fullAt.get(name) ?? 0) + this.#interval - now > this.#window;
  }

  take(name: string, now: number): Taken {
    if (!this.limited) return { allowed: true, left: Infinity, againMs: 0, fullMs: 0 };
    const fullAt = Math.max(this.#fullAt.get(name) ?? 0, now);
    const wouldBeFullAt = fullAt + this.#interval;
    const allowed = wouldBeFullAt - now <= this.#window;
    if (allowed) this.#put(name, wouldBeFullAt);
    const fullMs = (allowed ? wouldBeFullAt : fullAt) - now;
    return {
      allowed,
      left: Math.floor((this.#window - fullMs) / this.#interval + 1e-9),
      againMs: allowed ? 0 : wouldBeFullAt - now - this.#window,
      fullMs,
    };
  }

  #put(name: string, fullAt: number): void {
    if (this.#fullAt.delete(name)) {
      this.#fullAt.set(name, fullAt);
      return;
    }
    if (this.#fullAt.size >= mostNames) {
      const [oldest] = this.#fullAt.keys();
      if (oldest !== undefined) this.#fullAt.delete(oldest);
    }
    this.#fullAt.set(name, fullAt);
  }
}

/** What shares a bucket: an IPv4 address, or the /64 that one subscriber of IPv6 is given. */
export function addressBlock(ip: string): string {
  if (!ip.includes(':')) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = ip.split('%')[0]?.split('::') ?? [];
  const groups = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
