// Time is handed in. The system's clock in production; in demo mode one that can be set, and stands still until it is
// set again or let run.
import type { Clock } from './ledger/lane.js';

export const systemClock: Clock = { now: () => new Date() };

export interface DemoClock extends Clock {
  /** Puts the clock at this moment; it stands there. */
  set(now: Date): void;
  /** Back to the system's time. */
  run(): void;
}

export function demoClock(): DemoClock {
  let standing: Date | null = null;
  return {
    now: () => standing ?? new Date(),
    set: (now) => {
      standing = now;
    },
    run: () => {
      standing = null;
    },
  };
}
