/** npm run migrate: brings the database of DATABASE_OWNER_URL (or DATABASE_URL) to the schema of this code. */
import { migrate } from '../db/migrate.js';

const url = process.env['DATABASE_OWNER_URL'] ?? process.env['DATABASE_URL'];
if (!url) {
  console.error('Set DATABASE_OWNER_URL to the database as voucher_owner sees it: postgres://voucher_owner:…@host:5432/vouchers');
  process.exit(1);
}
try {
  const { applied } = await migrate(url);
  for (const name of applied) console.log(`applied ${name}`);
  console.log(applied.length > 0 ? `${applied.length} migrations applied` : 'nothing to apply');
} catch (error) {
  const { message, cause } = error as Error;
  console.error(cause instanceof Error ? `${message}: ${cause.message}` : message);
  process.exit(1);
}
