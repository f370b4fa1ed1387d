// The service under load, in its own process: the app as it is, on a database that is there. Started by start.ts, which
// sends its options over IPC and is told the port; serves until it is told to stop or whoever started it is gone.
import { connect } from '../db/client.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import type { Limits } from '../src/http/limits.js';
import { sharedOut } from '../src/settings.js';
import { askRights } from './rights.js';

export interface ServeOptions {
  readonly url: string;
  readonly pool: number;
  readonly lane: { readonly maxBatch?: number; readonly workers?: number; readonly maxQueue?: number };
  readonly limits?: Partial<Limits>;
  readonly fieldKey: string;
  readonly now: string;
}

process.once('message', (options: ServeOptions) => {
  void serve(options);
});

async function serve({ url, pool, lane, limits = {}, fieldKey, now }: ServeOptions): Promise<void> {
  const clock = demoClock();
  clock.set(new Date(now));
  // As server.ts does: the lanes have sessions of their own. A transaction per request takes whatever is free.
  const sessions = sharedOut(pool);
  const [db, laneDb] =
    lane.workers === undefined
      ? [connect({ url, max: sessions.beside }), connect({ url, max: sessions.lanes })]
      : [connect({ url, max: pool }), undefined];
  const { app } = await build({
    db,
    ...(laneDb ? { laneDb } : {}),
    places: sessions.places,
    clock,
    bearerMayApprove: true,
    fieldKey: Buffer.from(fieldKey, 'hex'),
    lane,
    limits,
  });
  process.on('message', ({ rights }: { rights?: boolean }) => {
    if (rights === undefined) return;
    askRights(rights);
    process.send?.({ rights });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
  const stop = () => {
    void app
      .close()
      .then(() => Promise.all([db.close(), laneDb?.close()]))
      .then(() => process.exit());
  };
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
}
