// What one process takes on at most, and how long it waits for a client. The figures are the defaults of the settings
// (schemas/settings.ts says them to operators); a test hands in its own.

export interface Limits {
  /** Requests a second that one API key may send, and how many of them at once. Infinity: no limit. */
  readonly keyPerSecond: number;
  readonly keyBurst: number;
  /** The same for requests without a valid key, by remote address. */
  readonly addressPerSecond: number;
  readonly addressBurst: number;
  /** A command is taken when what waits for its book's lane is worked off within this time, at the pace measured. */
  readonly laneWaitMs: number;
  /** Requests in this process, from their headers to the end of their answer. Full, it is shared evenly by book. */
  readonly inFlight: number;
  /** Bytes of request bodies in this process, as announced; shared in the same way. */
  readonly bodyBytes: number;
  /** Requests of routes marked `streaming` (uploads, event streams, exports) of one book. */
  readonly streamsPerBook: number;
  /** Readings and the like of one book that wait for a place beside the lane. */
  readonly waitingPerBook: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Requests of one connection that are not answered yet; more are pipelined only by a flood. */
  readonly pipelined: number;
  readonly headersTimeoutMs: number;
  /** A whole body; for a streaming route the longest pause in one. */
  readonly bodyTimeoutMs: number;
  /** A whole answer, from its first byte until the client has taken the last; for a streaming route the longest pause. */
  readonly answerTimeoutMs: number;
  /** A connection without a request. Longer than the 60 s of common proxies, so that they close first. */
  readonly keepAliveMs: number;
  /** At a stop, what clients get to finish sending and reading. */
  readonly stopMs: number;
  /** Proxies in front of this process whose X-Forwarded-For is believed. */
  readonly trustedProxies: number;
}

/** Without limits of rate: the process sets those from its settings, a benchmark or a test only when it wants them. */
export const limitsOfApp: Limits = {
  keyPerSecond: Infinity,
  keyBurst: Infinity,
  addressPerSecond: Infinity,
  addressBurst: Infinity,
  laneWaitMs: 2_000,
  inFlight: 8_192,
  bodyBytes: 256 * 1024 * 1024,
  streamsPerBook: 64,
  waitingPerBook: 256,
  connections: 16_384,
  connectionsPerAddress: 16_384,
  pipelined: 16,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 20_000,
  answerTimeoutMs: 30_000,
  keepAliveMs: 72_000,
  stopMs: 5_000,
  trustedProxies: 0,
};
