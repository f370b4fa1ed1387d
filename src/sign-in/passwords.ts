// Passwords, hashed with argon2id at OWASP's parameters (19 MiB, two passes, one lane). A hash takes tens of milliseconds of a processor and
// runs on a thread of the system's pool, two of these at most at a time: whatever is tried, the other threads and the one that answers
// requests stay free. What waits is bounded, and who is known waits apart from everybody else.
import { hash, verify } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';
import { Shares } from '../http/shares.js';
import { normalised } from './password-rules.js';

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };
const atOnce = 2;
const waitingKnown = 32;
const waitingOthers = 32;

export class Passwords {
  readonly #places = new Shares(atOnce);
  readonly #known = this.#places.open(waitingKnown);
  readonly #others = this.#places.open(waitingOthers);
  /** Of no password: what one is held against where there is none, so that this takes as long. */
  #nobodys: Promise<string> | undefined;

  /** `judge`: holds a password against a hash; a test hands in one that it can watch. */
  constructor(private readonly judge: (hash: string, password: string) => Promise<boolean> = (...of) => verify(...of)) {}

  /** What is stored of a password. Rejects with ShareFull (503) when too many wait. */
  hash(password: string): Promise<string> {
    return this.#known.run(() => hash(normalised(password), parameters));
  }

  /** Whether it is this one; `stored` null says no in the same time. `isKnown`: who tries has signed in from there before. */
  async matches(stored: string | null, password: string, isKnown: boolean): Promise<boolean> {
    this.#nobodys ??= hash(randomBytes(32), parameters);
    const nobodys = await this.#nobodys;
    const share = isKnown ? this.#known : this.#others;
    const does = await share.run(() => this.judge(stored ?? nobodys, normalised(password)));
    return does && stored !== null;
  }
}
