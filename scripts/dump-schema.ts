/** npm run schema:dump: writes db/schema.sql from the migrations, by way of a throw-away database. */
import { writeFile } from 'node:fs/promises';
import { connect } from '../db/client.js';
import { dumpSchema } from '../db/dump.js';
import { startTestCluster } from '../test/database.js';

const { cluster, stop } = await startTestCluster();
try {
  const db = connect({ url: cluster.owner, max: 1 });
  const text = await dumpSchema(db);
  await db.close();
  await writeFile(new URL('../db/schema.sql', import.meta.url), text);
  console.log(`db/schema.sql: ${text.split('\n').length} lines`);
} finally {
  await stop();
}
