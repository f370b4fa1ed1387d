// Who is meant by what a month's lines name. Read from the book as its data is made for the first time, each once; when it is made again,
// from what was kept then, so that it comes out the same whatever firms are called or have become since.
import type { Tx } from '../../db/client.js';
import type { Party } from './queries.js';

export class Parties {
  readonly #known = new Map<string, Party>();

  /** `kept`: what the first making kept, where this is not it. */
  constructor(
    private readonly db: Tx,
    private readonly bookId: string,
    private readonly kept?: readonly Party[],
  ) {
    for (const party of kept ?? []) this.#known.set(party.subjectId, party);
  }

  /** Gathers providers and enterprises by their ids, whose vouchers are, and who owes recoveries. */
  async gather(of: { parties: Iterable<string>; vouchers?: Iterable<string>; recoveries?: Iterable<string> }): Promise<void> {
    if (this.kept) return;
    const fresh = (ids: Iterable<string>) => [...new Set(ids)].filter((id) => !this.#known.has(id));
    const [parties, vouchers, recoveries] = [fresh(of.parties), fresh(of.vouchers ?? []), fresh(of.recoveries ?? [])];
    if (parties.length + vouchers.length + recoveries.length === 0) return;
    const rows = await this.db.sql.prepared<Party[]>(
      `select u.id as "subjectId", p.provider_id as "partyId", 'provider' as side, p.uscc, p.name
         from unnest($2::uuid[]) as u (id)
         cross join lateral (select * from providers p where p.book_id = $1 and p.provider_id = u.id offset 0) p
       union all
       select u.id, e.enterprise_id, 'enterprise', e.uscc, e.name
         from unnest($2::uuid[]) as u (id)
         cross join lateral (select * from enterprises e where e.book_id = $1 and e.enterprise_id = u.id offset 0) e
       union all
       select u.id, e.enterprise_id, 'enterprise', e.uscc, e.name
         from unnest($3::uuid[]) as u (id)
         cross join lateral (select v.enterprise_id from vouchers v where v.book_id = $1 and v.voucher_id = u.id offset 0) v
         cross join lateral (select * from enterprises e where e.book_id = $1 and e.enterprise_id = v.enterprise_id offset 0) e
       union all
       select u.id, d.id, d.side, d.uscc, d.name
         from unnest($4::uuid[]) as u (id)
         cross join lateral (select r.debtor_id from recoveries r where r.book_id = $1 and r.recovery_id = u.id offset 0) r
         cross join lateral (
           select p.provider_id as id, 'provider' as side, p.uscc, p.name from providers p where p.book_id = $1 and p.provider_id = r.debtor_id
           union all
           select e.enterprise_id, 'enterprise', e.uscc, e.name from enterprises e where e.book_id = $1 and e.enterprise_id = r.debtor_id
           offset 0) d`,
      [this.bookId, parties, vouchers, recoveries],
    );
    for (const row of rows) this.#known.set(row.subjectId, row);
  }

  /** Who a provider, an enterprise, a voucher or a recovery of this id is, or whose; undefined where nobody is meant by it. */
  of(subjectId: string | null): Party | undefined {
    return subjectId === null ? undefined : this.#known.get(subjectId);
  }

  /** Of each thing that was named, in the order of their ids. */
  get all(): readonly Party[] {
    return [...this.#known.values()].sort((a, b) => (a.subjectId < b.subjectId ? -1 : 1));
  }
}
