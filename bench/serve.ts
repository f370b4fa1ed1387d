// The service under load, in its own process: the app as it is, on a database that is there. Started by run.ts with one
// JSON argument; prints its port and serves until it is told to stop.
import { connect } from '../db/client.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';

const { url, pool, lane, fieldKey, now } = JSON.parse(process.argv[2] ?? '{}') as {
  url: string;
  pool: number;
  lane: { maxBatch?: number; workers?: number };
  fieldKey: string;
  now: string;
};
const clock = demoClock();
clock.set(new Date(now));
const db = connect({ url, max: pool });
const { app } = await build({ db, clock, fieldKey: Buffer.from(fieldKey, 'hex'), lane });
await app.listen({ port: 0, host: '127.0.0.1' });
const address = app.server.address();
process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
process.on('SIGTERM', () => {
  void app.close().then(() => db.close());
});
