// How large the next slice of many commands is, of a file or of a day's work. People's commands wait behind a slice, so it is to hold the
// lane 20 ms. But part of that is the same for every slice (round trips, the flush to disk): where this alone takes many milliseconds,
// slices of 20 ms would be mostly that, and a small slice would hold the lane hardly shorter. There a slice may take three times what
// every slice costs, so that two thirds of it are lines, and 50 ms at most.
//
// The two costs are told apart by a line through the last slices' sizes and times; every fourth slice is half as large, so
// that there are two sizes to draw it through.

/** Lines of documents in a slice. */
export const sliceBounds = { first: 200, least: 50, most: 2_000 } as const;
const milliseconds = { rule: 20, most: 50 } as const;
/** A slice may take this many times what every slice costs. */
const timesFixed = 3;
/** How much of its weight a slice keeps when the next one comes: about the last twenty count. */
const kept = 0.95;

interface Observed {
  readonly weight: number;
  readonly milliseconds: number;
}

export class SliceSize {
  #size: number = sliceBounds.first;
  #turn = 0;
  /** Sums over the slices, older ones faded: how many, sizes, times, sizes squared, sizes by times. */
  #sums = { n: 0, x: 0, y: 0, xx: 0, xy: 0 };

  /** Lines that the next slice is to have. */
  next(): number {
    const isHalf = this.#turn++ % 4 === 3;
    return isHalf ? Math.max(Math.round(this.#size / 2), sliceBounds.least) : this.#size;
  }

  /** A slice of so many lines held the lane so long. */
  observe(last: Observed): void {
    const { fixed, perLine } = this.#costs(last);
    const limit = Math.min(Math.max(timesFixed * fixed, milliseconds.rule), milliseconds.most);
    // At most twice what it was: one fast slice proves little.
    const wanted = Math.min(Math.round((limit - fixed) / perLine), this.#size * 2);
    this.#size = Math.min(Math.max(wanted, sliceBounds.least), sliceBounds.most);
  }

  /** What every slice costs and what a line costs, in milliseconds. */
  #costs(last: Observed): { fixed: number; perLine: number } {
    const [x, y] = [Math.max(last.weight, 1), Math.max(last.milliseconds, 0.1)];
    const { n, ...before } = this.#sums;
    const sums = (this.#sums = {
      n: n * kept + 1,
      x: before.x * kept + x,
      y: before.y * kept + y,
      xx: before.xx * kept + x * x,
      xy: before.xy * kept + x * y,
    });
    const [meanX, meanY] = [sums.x / sums.n, sums.y / sums.n];
    const variance = sums.xx / sums.n - meanX * meanX;
    const pace = meanY / meanX;
    // While all were of one size the pace is all that is known. A stall must not make lines look free, nor slices.
    const slope = variance < (meanX / 20) ** 2 ? pace : (sums.xy / sums.n - meanX * meanY) / variance;
    const perLine = Math.min(Math.max(slope, pace / 4), pace);
    return { fixed: meanY - perLine * meanX, perLine };
  }
}
