import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { each, idsOfPage } from '../../db/planned.js';
import type { Contract } from '../../db/tables.js';
import { chips, contractLines, contracts, enterprises, providers } from '../../db/tables.js';
import type { Actor } from '../ledger/lane.js';
import type { WholeContract } from './rules.js';

/** Whose eyes: the authorities see every contract, a member of the trade those in which its legal person has its role. */
export type Viewer = Pick<Actor, 'role' | 'legalPersonUscc'>;

const seenBy = ({ role, legalPersonUscc }: Viewer): SQL | undefined => {
  if (legalPersonUscc === null) return undefined;
  return eq(role === 'provider' ? providers.legalPersonUscc : enterprises.legalPersonUscc, legalPersonUscc);
};

async function selectContracts(db: Database, of: { where: SQL | undefined; limit: number }): Promise<WholeContract[]> {
  const found = await db.drizzle
    .select({ contract: contracts })
    .from(contracts)
    .innerJoin(enterprises, and(eq(enterprises.bookId, contracts.bookId), eq(enterprises.enterpriseId, contracts.enterpriseId)))
    .innerJoin(providers, and(eq(providers.bookId, contracts.bookId), eq(providers.providerId, contracts.providerId)))
    .where(of.where)
    .orderBy(asc(contracts.contractId))
    .limit(of.limit);
  const [first] = found;
  if (!first) return [];
  const lines = await db.drizzle
    .select({ line: contractLines, chip: chips })
    .from(contractLines)
    .leftJoin(chips, and(eq(chips.bookId, contractLines.bookId), eq(chips.chipId, contractLines.chipId)))
    .where(
      and(
        eq(contractLines.bookId, first.contract.bookId),
        inArray(
          contractLines.contractId,
          found.map(({ contract }) => contract.contractId),
        ),
      ),
    )
    .orderBy(asc(contractLines.lineNo));
  const byContract = new Map(found.map(({ contract }) => [contract.contractId, { contract, lines: [] as typeof lines }]));
  for (const of of lines) byContract.get(of.line.contractId)?.lines.push(of);
  return [...byContract.values()];
}

/** A contract with its lines; undefined when there is none, or none that the viewer may see. */
export async function findContract(
  db: Database,
  bookId: string,
  contractId: string,
  viewer: Viewer,
): Promise<WholeContract | undefined> {
  const where = and(eq(contracts.bookId, bookId), eq(contracts.contractId, contractId), seenBy(viewer));
  const [found] = await selectContracts(db, { where, limit: 1 });
  return found;
}

interface Wanted {
  bookId: string;
  viewer: Viewer;
  enterpriseId?: string | undefined;
  providerId?: string | undefined;
  status?: Contract['status'] | undefined;
  after: string | undefined;
  limit: number;
}

/**
 * The page that is asked for: of an enterprise, or of each of the viewer's legal person, which have few contracts; else one range per
 * provider and state, or per state.
 */
function idsOf(of: Wanted): SQL | undefined {
  const { bookId, viewer, enterpriseId, providerId, status, after } = of;
  const page = { id: contracts.contractId, bookId, after, limit: of.limit + 1 };
  const own = (table: 'providers' | 'enterprises', id: string): SQL =>
    sql`(select ${sql.raw(id)} as value from ${sql.raw(table)} where book_id = ${bookId} and legal_person_uscc = ${viewer.legalPersonUscc})`;
  const isEnterprise = viewer.role === 'enterprise';
  const isProvider = viewer.role === 'provider';
  const states = each('s', status === undefined ? contracts.status.enumValues : [status]);
  const inState = [contracts.status, sql`s.value`] as const;
  if (enterpriseId !== undefined || isEnterprise) {
    return idsOfPage({
      ...page,
      ...(isEnterprise ? { ranges: sql`${own('enterprises', 'enterprise_id')} as e` } : {}),
      key: [[contracts.enterpriseId, isEnterprise ? sql`e.value` : sql`${enterpriseId}::uuid`]],
      sieve: and(
        isEnterprise && enterpriseId !== undefined ? eq(contracts.enterpriseId, enterpriseId) : undefined,
        isProvider ? inArray(contracts.providerId, own('providers', 'provider_id')) : undefined,
        providerId === undefined ? undefined : eq(contracts.providerId, providerId),
        status === undefined ? undefined : eq(contracts.status, status),
      ),
    });
  }
  if (isProvider || providerId !== undefined) {
    const one = providerId === undefined ? sql`` : sql` where o.value = ${providerId}`;
    const providersAsked = isProvider
      ? sql`(select o.value from ${own('providers', 'provider_id')} as o${one}) as p`
      : sql`(values (${providerId}::uuid)) as p (value)`;
    return idsOfPage({
      ...page,
      ranges: sql`${providersAsked} cross join ${states}`,
      key: [[contracts.providerId, sql`p.value`], inState],
    });
  }
  return status === undefined ? undefined : idsOfPage({ ...page, ranges: states, key: [inState] });
}

/** The viewer's contracts with their lines, in order of submission, `limit` + 1 of them after a cursor. */
export function listContracts(db: Database, of: Wanted): Promise<WholeContract[]> {
  const ids = idsOf(of);
  const after = of.after === undefined ? undefined : gt(contracts.contractId, of.after);
  const where = and(eq(contracts.bookId, of.bookId), ids ? sql`${contracts.contractId} = any(array${ids})` : after);
  return selectContracts(db, { where, limit: of.limit + 1 });
}
