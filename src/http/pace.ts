// How fast a lane works, measured: what Retry-After and the bound by time are derived from.

/** Batches smaller than this tell little of the pace under load: a lone command pays the whole round trip. */
const tellingSize = 16;
/** A new batch counts one fifth, so that one slow checkpoint does not shut the door and ten slow batches do. */
const weight = 0.2;

export class Pace {
  #perCommand: number | undefined;
  #endedAt = 0;

  /** `maxBatch`: a lane that never makes larger batches is measured by those. */
  constructor(private readonly maxBatch: number) {}

  /** A batch of `size` commands ended at `now`, `milliseconds` after its start. Batches that overlap count once. */
  observe(size: number, milliseconds: number, now: number): void {
    const busy = Math.min(milliseconds, now - this.#endedAt);
    this.#endedAt = now;
    const each = busy / size;
    // A small batch can only tell that a command costs no more than it took: with more in a batch each costs less.
    if (size < Math.min(tellingSize, this.maxBatch) && !(each < (this.#perCommand ?? 0))) return;
    this.#perCommand = this.#perCommand === undefined ? each : this.#perCommand + (each - this.#perCommand) * weight;
  }

  /** Milliseconds until this many commands are worked off; 0 before anything is known. */
  timeFor(commands: number): number {
    return commands * (this.#perCommand ?? 0);
  }
}
