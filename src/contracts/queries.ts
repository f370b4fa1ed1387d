import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
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

/** The viewer's contracts with their lines, in order of submission, `limit` + 1 of them after a cursor. */
export const listContracts = (
  db: Database,
  of: {
    bookId: string;
    viewer: Viewer;
    enterpriseId?: string | undefined;
    providerId?: string | undefined;
    status?: Contract['status'] | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<WholeContract[]> =>
  selectContracts(db, {
    where: and(
      eq(contracts.bookId, of.bookId),
      seenBy(of.viewer),
      of.enterpriseId === undefined ? undefined : eq(contracts.enterpriseId, of.enterpriseId),
      of.providerId === undefined ? undefined : eq(contracts.providerId, of.providerId),
      of.status === undefined ? undefined : eq(contracts.status, of.status),
      of.after === undefined ? undefined : gt(contracts.contractId, of.after),
    ),
    limit: of.limit + 1,
  });
