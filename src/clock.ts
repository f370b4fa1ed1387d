// Time is handed in. The system's clock in production; in demo mode one that can be set, and stands still until it is
// set again or let run.
import type { Clock } from './ledger/lane.js';

export const systemClock: Clock = { now: () => new Date() };

export interface DemoClock extends Clock {
  /** Puts the clock at this moment; it stands there. */
  set(now: Date): void;
  /** Back to the system's time, or to `notBefore` where that is later: a world once lived does not run backwards. */
  run(notBefore?: Date): void;
}

export function demoClock(): DemoClock {
  let standing: Date | null = null;
  let earliest = new Date(0);
  return {
    now: () => {
      if (standing) return standing;
      const now = new Date();
      return now > earliest ? now : earliest;
    },
    set: (now) => {
      standing = now;
    },
    run: (notBefore) => {
      standing = null;
      earliest = notBefore ?? earliest;
    },
  };
}
