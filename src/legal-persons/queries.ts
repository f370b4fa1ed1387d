import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { idsOfPage } from '../../db/planned.js';
import type {
  Figure,
  LegalPersonClass,
  LegalPersonHolder,
  LimitException,
  MatterRegistration,
  RelatedParties,
} from '../../db/tables.js';
import {
  figures,
  legalPersonClasses,
  legalPersonHolders,
  limitExceptions,
  matterRegistrations,
  relatedParties,
} from '../../db/tables.js';

interface Page {
  bookId: string;
  after: string | undefined;
  limit: number;
}

/** Classes in order of recording, with all that was said of them; of one legal person if given. `limit` + 1 after a cursor. */
export function listClasses(db: Database, of: Page & { uscc: string | undefined }): Promise<LegalPersonClass[]> {
  const { bookId, uscc, after } = of;
  const { classRecordId: id, legalPersonUscc } = legalPersonClasses;
  const limit = of.limit + 1;
  const ids =
    uscc === undefined ? undefined : idsOfPage({ id, bookId, key: [[legalPersonUscc, sql`${uscc}::text`]], after, limit });
  return db.drizzle
    .select()
    .from(legalPersonClasses)
    .where(
      and(
        eq(legalPersonClasses.bookId, bookId),
        ids ? sql`${id} = any(array${ids})` : after === undefined ? undefined : gt(id, after),
      ),
    )
    .orderBy(asc(id))
    .limit(limit);
}

/** Who holds and leads one legal person, in order of recording, with all that was said of it. */
export function listHolders(db: Database, of: Page & { uscc: string }): Promise<LegalPersonHolder[]> {
  const { holderRecordId: id, legalPersonUscc } = legalPersonHolders;
  const ids = idsOfPage({
    id,
    bookId: of.bookId,
    after: of.after,
    limit: of.limit + 1,
    key: [[legalPersonUscc, sql`${of.uscc}::text`]],
  });
  return db.drizzle
    .select()
    .from(legalPersonHolders)
    .where(and(eq(legalPersonHolders.bookId, of.bookId), sql`${id} = any(array${ids})`))
    .orderBy(asc(id));
}

/** Related parties likewise; of one legal person: one range for each place it may stand in. */
export function listRelations(db: Database, of: Page & { uscc: string | undefined }): Promise<RelatedParties[]> {
  const { bookId, uscc, after } = of;
  const { relationId: id, firstUscc, secondUscc } = relatedParties;
  const limit = of.limit + 1;
  const side = (column: typeof firstUscc | typeof secondUscc): SQL =>
    idsOfPage({ id, bookId, key: [[column, sql`${uscc}::text`]], after, limit });
  const ids =
    uscc === undefined
      ? undefined
      : sql`(select b.id from (select * from ${side(firstUscc)} as f union all select * from ${side(secondUscc)} as s) as b order by b.id limit ${limit})`;
  return db.drizzle
    .select()
    .from(relatedParties)
    .where(
      and(
        eq(relatedParties.bookId, bookId),
        ids ? sql`${id} = any(array${ids})` : after === undefined ? undefined : gt(id, after),
      ),
    )
    .orderBy(asc(id))
    .limit(limit);
}

/** Figures with their history, in order of recording; of one holder if given. */
export function listFigures(db: Database, of: Page & { holder: string | undefined }): Promise<Figure[]> {
  const { bookId, holder, after } = of;
  const { figureId: id } = figures;
  const limit = of.limit + 1;
  const ids =
    holder === undefined ? undefined : idsOfPage({ id, bookId, key: [[figures.holder, sql`${holder}::text`]], after, limit });
  return db.drizzle
    .select()
    .from(figures)
    .where(and(eq(figures.bookId, bookId), ids ? sql`${id} = any(array${ids})` : after === undefined ? undefined : gt(id, after)))
    .orderBy(asc(id))
    .limit(limit);
}

/**
 * Registrations of matters in order of registering: of one legal person if given (a member of the trade: its own and no other's), under one
 * code, in one state. A firm has few matters and a matter few firms: these are looked through.
 */
export function listMatters(
  db: Database,
  of: Page & {
    uscc: string | undefined;
    code: string | undefined;
    status: MatterRegistration['status'] | undefined;
    own: string | null;
  },
): Promise<MatterRegistration[]> {
  const { bookId, code, status, after } = of;
  const uscc = of.own ?? of.uscc;
  if (of.uscc !== undefined && of.uscc !== uscc) return Promise.resolve([]);
  const { registrationId: id, legalPersonUscc } = matterRegistrations;
  const limit = of.limit + 1;
  const inState = status === undefined ? undefined : eq(matterRegistrations.status, status);
  const underCode = code === undefined ? sql`true` : eq(matterRegistrations.code, code);
  const page = { id, bookId, after, limit };
  const ids =
    uscc !== undefined
      ? idsOfPage({ ...page, key: [[legalPersonUscc, sql`${uscc}::text`]], sieve: and(underCode, inState) })
      : code !== undefined
        ? idsOfPage({ ...page, key: [[matterRegistrations.code, sql`${code}::text`]], sieve: inState ?? sql`true` })
        : status !== undefined
          ? idsOfPage({ ...page, key: [[matterRegistrations.status, sql`${status}::text`]] })
          : undefined;
  return db.drizzle
    .select()
    .from(matterRegistrations)
    .where(
      and(
        eq(matterRegistrations.bookId, bookId),
        ids ? sql`${id} = any(array${ids})` : after === undefined ? undefined : gt(id, after),
      ),
    )
    .orderBy(asc(id))
    .limit(limit);
}

/** Exceptions to limits in order of asking; of one state if given. */
export function listExceptions(
  db: Database,
  of: Page & { status: LimitException['status'] | undefined },
): Promise<LimitException[]> {
  const { bookId, status, after } = of;
  const { exceptionId: id } = limitExceptions;
  const limit = of.limit + 1;
  const ids =
    status === undefined
      ? undefined
      : idsOfPage({ id, bookId, key: [[limitExceptions.status, sql`${status}::text`]], after, limit });
  return db.drizzle
    .select()
    .from(limitExceptions)
    .where(
      and(
        eq(limitExceptions.bookId, bookId),
        ids ? sql`${id} = any(array${ids})` : after === undefined ? undefined : gt(id, after),
      ),
    )
    .orderBy(asc(id))
    .limit(limit);
}
