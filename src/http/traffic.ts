// What of one book is in this process right now, and whether there is room for more.
import type { RefusalCode } from '../errors.js';
import { Pace } from './pace.js';
import type { Share } from './shares.js';

/** Never refused by time with fewer before it: they all fit into the next batch. */
const fewCommands = 16;
/** Nobody is sent away for longer, whatever the pace; the book may be free again much sooner. */
const longestRetryS = 60;

/** Why a request is sent away, and the whole seconds after which it is worth another try. */
export interface SentAway {
  readonly code: RefusalCode;
  readonly reason: ShedReason;
  readonly retryAfter: number;
}
export const shedReasons = [
  'stopping',
  'lane_full',
  'lane_slow',
  'in_flight',
  'bodies',
  'streams',
  'readings',
  'pipelined',
  'key_rate',
  'address_rate',
] as const;
export type ShedReason = (typeof shedReasons)[number];

export class Traffic {
  /** Requests that were let in and are not over; of these the commands; requests of streaming routes stand apart. */
  requests = 0;
  commands = 0;
  streams = 0;
  bodyBytes = 0;
  readonly pace: Pace;
  /** Requests that wait for their turn of the thread; see turns.ts. */
  readonly line: (() => void)[] = [];

  constructor(
    private readonly lane: { readonly depth: number },
    /** `maxCommands`: commands of the book in this process, from the door to their answer; so the lane is never overfull. */
    private readonly bounds: { readonly maxCommands: number; readonly maxBatch: number },
    /** The book's share of what runs beside the lanes: readings, dry runs. */
    readonly beside: Share,
    /** Its share of what commands need before and after their lane (a key looked up, a number claimed): never behind readings. */
    readonly around: Share,
  ) {
    this.pace = new Pace(bounds.maxBatch);
  }

  /** Commands before a new one: those let in, or what waits in the lane when clients went away meanwhile. */
  get ahead(): number {
    return Math.max(this.commands, this.lane.depth);
  }

  /** Whether the lane takes another command; else why not. */
  laneRefusal(laneWaitMs: number): SentAway | null {
    const { ahead } = this;
    if (ahead >= this.bounds.maxCommands) return this.#laneFull('lane_full');
    if (ahead >= fewCommands && this.pace.timeFor(ahead) > laneWaitMs) return this.#laneFull('lane_slow');
    return null;
  }

  /** Whole seconds until what waits now is worked off, at the pace measured. */
  get retryAfter(): number {
    return Math.min(longestRetryS, Math.max(1, Math.ceil(this.pace.timeFor(this.ahead) / 1000)));
  }

  #laneFull(reason: ShedReason): SentAway {
    return { code: 'LANE_FULL', reason, retryAfter: this.retryAfter };
  }
}
