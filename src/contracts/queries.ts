import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { each, idsOfPage } from '../../db/planned.js';
import type { z } from 'zod';
import type { Contract, ContractAmendment, ContractDraft } from '../../db/tables.js';
import {
  chips,
  contractAmendments,
  contractDrafts,
  contractLines,
  contracts,
  contractVersionLines,
  contractVersions,
  enterprises,
  providers,
} from '../../db/tables.js';
import type { contractVersions as versionsShown } from '../../schemas/contracts.js';
import { ownBy } from '../access/principal.js';
import type { Actor } from '../ledger/lane.js';
import type { WholeContract } from './rules.js';
import { contentDigest, formatQuantity, presentAmounts } from './rules.js';

/** Whose eyes: the authorities see every contract, a member of the trade those in which its legal person has its role. */
export type Viewer = Pick<Actor, 'role' | 'legalPersonUscc'>;

const seenBy = ({ role, legalPersonUscc }: Viewer): SQL | undefined => {
  if (legalPersonUscc === null) return undefined;
  return eq(role === 'provider' ? providers.actingUscc : enterprises.legalPersonUscc, legalPersonUscc);
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
    sql`(select ${sql.raw(id)} as value from ${sql.raw(table)} where book_id = ${bookId} and ${sql.raw(ownBy[table])} = ${viewer.legalPersonUscc})`;
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

/** One draft, for its own side and an auditor; undefined when there is none, or none that the viewer may see. */
export async function findDraft(
  db: Database,
  bookId: string,
  contractDraftId: string,
  { role, legalPersonUscc }: Viewer,
): Promise<ContractDraft | undefined> {
  const [found] = await db.drizzle
    .select()
    .from(contractDrafts)
    .where(and(eq(contractDrafts.bookId, bookId), eq(contractDrafts.contractDraftId, contractDraftId)));
  if (!found || legalPersonUscc === null) return found;
  return found.side === role && found.legalPersonUscc === legalPersonUscc ? found : undefined;
}

/** The drafts of one side that are neither submitted nor discarded, in the order in which they were begun, `limit` + 1 of them after a cursor. */
export function listDrafts(
  db: Database,
  of: { bookId: string; viewer: Viewer; after: string | undefined; limit: number },
): Promise<ContractDraft[]> {
  const { bookId, viewer, after, limit } = of;
  return db.drizzle
    .select()
    .from(contractDrafts)
    .where(
      and(
        eq(contractDrafts.bookId, bookId),
        sql`${contractDrafts.legalPersonUscc} = ${viewer.legalPersonUscc}`,
        sql`${contractDrafts.side} = ${viewer.role}`,
        eq(contractDrafts.status, 'DRAFT'),
        after === undefined ? undefined : gt(contractDrafts.contractDraftId, after),
      ),
    )
    .orderBy(asc(contractDrafts.contractDraftId))
    .limit(limit + 1);
}

/** Amendments in order of proposal, `limit` + 1 of them after a cursor: of one contract, of those of a member of the trade, or of all. */
export async function listAmendments(
  db: Database,
  of: {
    bookId: string;
    viewer: Viewer;
    contractId: string | undefined;
    status: ContractAmendment['status'] | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<ContractAmendment[]> {
  const { bookId, viewer, contractId, status, after, limit } = of;
  const { legalPersonUscc } = viewer;
  const page = { id: contractAmendments.amendmentId, bookId, after, limit: limit + 1 };
  const side = viewer.role === 'provider' ? contractAmendments.providerId : contractAmendments.enterpriseId;
  const own =
    viewer.role === 'provider'
      ? sql`(select provider_id as value from providers where book_id = ${bookId} and acting_uscc = ${legalPersonUscc})`
      : sql`(select enterprise_id as value from enterprises where book_id = ${bookId} and legal_person_uscc = ${legalPersonUscc})`;
  const states = each('s', status === undefined ? contractAmendments.status.enumValues : [status]);
  const inState = [contractAmendments.status, sql`s.value`] as const;
  const sieve = and(
    status === undefined ? undefined : eq(contractAmendments.status, status),
    legalPersonUscc === null ? undefined : inArray(side, own),
  );
  const ids =
    contractId !== undefined
      ? idsOfPage({ ...page, key: [[contractAmendments.contractId, sql`${contractId}::uuid`]], sieve: sieve ?? sql`true` })
      : legalPersonUscc !== null
        ? idsOfPage({ ...page, ranges: sql`${own} as o cross join ${states}`, key: [[side, sql`o.value`], inState] })
        : status === undefined
          ? undefined
          : idsOfPage({ ...page, ranges: states, key: [inState] });
  return db.drizzle
    .select()
    .from(contractAmendments)
    .where(
      and(
        eq(contractAmendments.bookId, bookId),
        ids
          ? sql`${contractAmendments.amendmentId} = any(array${ids})`
          : after === undefined
            ? undefined
            : gt(contractAmendments.amendmentId, after),
      ),
    )
    .orderBy(asc(contractAmendments.amendmentId))
    .limit(limit + 1);
}

/** One amendment; undefined when there is none, or none that the viewer may see. */
export async function findAmendment(
  db: Database,
  bookId: string,
  amendmentId: string,
  viewer: Viewer,
): Promise<ContractAmendment | undefined> {
  const [found] = await db.drizzle
    .select()
    .from(contractAmendments)
    .where(and(eq(contractAmendments.bookId, bookId), eq(contractAmendments.amendmentId, amendmentId)));
  return found && (await findContract(db, bookId, found.contractId, viewer)) ? found : undefined;
}

/** What a contract said as of each of its versions, its lines with it; what it says now comes last. */
export async function findVersions(
  db: Database,
  bookId: string,
  contractId: string,
  viewer: Viewer,
): Promise<z.input<typeof versionsShown> | undefined> {
  const whole = await findContract(db, bookId, contractId, viewer);
  if (!whole) return undefined;
  const { contract, lines } = whole;
  const [past, pastLines, filed] = await Promise.all([
    db.drizzle
      .select()
      .from(contractVersions)
      .where(and(eq(contractVersions.bookId, bookId), eq(contractVersions.contractId, contractId)))
      .orderBy(asc(contractVersions.version)),
    db.drizzle
      .select()
      .from(contractVersionLines)
      .where(and(eq(contractVersionLines.bookId, bookId), eq(contractVersionLines.contractId, contractId))),
    db.drizzle
      .select()
      .from(contractAmendments)
      .where(and(eq(contractAmendments.bookId, bookId), eq(contractAmendments.contractId, contractId))),
  ]);
  const last = filed.find(({ status, version }) => status === 'FILED' && version === contract.version);
  const shownLine = (
    line: WholeContract['lines'][number]['line'],
    as: Pick<typeof line, 'quantity' | 'netFen' | 'vatFen' | 'grossFen'>,
  ) => ({
    lineNo: line.lineNo,
    description: line.description,
    serviceItem: line.serviceItem,
    unit: line.unit,
    quantity: formatQuantity(as.quantity),
    ...presentAmounts(as),
  });
  const days = (of: { startsOn: string; endsOn: string }) => ({ startsOn: of.startsOn, endsOn: of.endsOn });
  return {
    contractId,
    versions: [
      ...past.map((row) => ({
        version: row.version,
        signedOn: row.signedOn,
        ...days(row),
        ...presentAmounts(row),
        fingerprint: row.fingerprint,
        contentDigest: row.contentDigest,
        filedOn: row.filedOn,
        supersededOn: row.supersededOn,
        lines: lines.flatMap(({ line }) => {
          const as = pastLines.find((of) => of.version === row.version && of.contractLineId === line.contractLineId);
          return as ? [shownLine(line, as)] : [];
        }),
      })),
      {
        version: contract.version,
        signedOn: last?.signedOn ?? contract.signedOn,
        ...days(contract),
        ...presentAmounts(contract),
        fingerprint: contract.fingerprint,
        contentDigest: contentDigest(whole),
        supersededOn: null,
        filedOn: last?.decidedOn ?? contract.filedOn,
        lines: lines.map(({ line }) => shownLine(line, line)),
      },
    ],
  };
}
