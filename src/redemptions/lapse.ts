// What waits in verification when its voucher's last day is over, under a law that lets it lapse (inFlightAtExpiry: LAPSE): returned daily.
// Whether before or after the voucher's own expiry is booked comes to the same: the money ends as the balance does.
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import { firstId, inSlices, readAhead } from '../in-slices.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { programmeOf } from '../programmes/published.js';
import { isPast } from '../vouchers/rules.js';
import { redemptionShelf } from './facts.js';
import { waitingOf } from './gather.js';
import type { Result } from './return.js';
import { gatherReturn, givenBack } from './return.js';
import type { RedemptionCase } from './rules.js';
import { refuseRedemption } from './rules.js';

const lapses = (law: ProgrammeVersion, of: { appliedOn: Day; signedOn: Day }): boolean =>
  lawOn(law, decidingDayOf(law, of)).inFlightAtExpiry?.value === 'LAPSE';

/** Why what waits does not lapse, or null: VOUCHER_FROZEN (what froze it is decided first), VOUCHER_NOT_PAST, REDEMPTION_MAY_FINISH. */
function refusalOfLapse({ voucher, law, at }: RedemptionCase, redemptionNo: string, today: Day): Refused | null {
  const { voucherNo, status, lastDay } = voucher;
  if (status === 'FROZEN') return refused('VOUCHER_FROZEN', { voucherNo });
  if (!isPast(voucher, today)) return refused('VOUCHER_NOT_PAST', { voucherNo, lastDay });
  return lapses(law, { appliedOn: at.appliedOn, signedOn: at.contract.signedOn })
    ? null
    : refused('REDEMPTION_MAY_FINISH', { redemptionNo, programme: voucher.programmeCode });
}

/**
 * A redemption that still waits when its voucher's last day is over lapses, where its programme says so: it is returned, and comes to the
 * same on whichever day it is carried out. Refuses NOT_FOUND, REDEMPTION_WRONG_STATE, VOUCHER_FROZEN, VOUCHER_NOT_PAST,
 * REDEMPTION_MAY_FINISH where the programme lets it finish or does not say.
 */
export const lapseRedemption: Verb<{ id?: string }, Result> = {
  name: 'redemption.lapse',
  money: true,
  gather: gatherReturn,

  decide(command, facts) {
    const { body, today } = command;
    const found = waitingOf(facts, body.id ?? '', today);
    if (!found) return refused('NOT_FOUND');
    const { redemption, whole } = found;
    const wrong = refuseRedemption(redemption, 'lapse') ?? refusalOfLapse(whole, redemption.redemptionNo, today);
    if (wrong) return wrong;
    // After this line the command succeeds. By rule, whoever carries it out: the entry says who.
    const reason = `算力券有效期最后一日 ${whole.voucher.lastDay} 已过，在审的核销失效`;
    return givenBack(facts, command, found, { personId: null, reason });
  },
};

const pastItsDay = `v.last_day < $1::date and v.status <> 'FROZEN'`;

export const lapseDue: DailyWork = {
  name: 'redemptions.lapse',
  // What its programme lets finish counts too.
  isDue: ({ db, bookId, today }) =>
    isAny(
      db,
      `select from redemptions r join vouchers v on v.book_id = r.book_id and v.voucher_id = r.voucher_id and ${pastItsDay}
        where r.book_id = $2 and r.status = 'SUBMITTED'`,
      [today, bookId],
    ),

  async run(of) {
    const { db, bookId } = of.book;
    const today = shanghaiDay(of.clock.now());
    const laws = new Map((await versionsOf(db, bookId)).map((row) => [row.programmeVersionId, programmeOf(row)]));
    const { done } = await inSlices({
      ...of,
      name: 'lapse',
      verb: lapseRedemption,
      dueAfter: (after: Due | undefined) => dueOf(db, { bookId, today, after }),
      idOf: (due) => {
        const law = laws.get(due.programmeVersionId);
        return law && lapses(law, due) ? due.redemptionId : null;
      },
      refusal: (facts, id) => {
        const redemption = facts.get(redemptionShelf, id);
        return redemption && refuseRedemption(redemption, 'lapse');
      },
    });
    return done;
  },
};

const versionsOf = (db: Database, bookId: string) =>
  db.sql.prepared<{ programmeVersionId: string; digest: string; document: string }[]>(
    `select p.programme_version_id as "programmeVersionId", p.digest, p.document from programme_versions p where p.book_id = $1`,
    [bookId],
  );

interface Due {
  readonly redemptionId: string;
  readonly programmeVersionId: string;
  readonly appliedOn: Day;
  readonly signedOn: Day;
}

/** What waits on vouchers past their last days, in order of submission, after one. */
const dueOf = (db: Database, of: { bookId: string; today: Day; after: Due | undefined }): Promise<Due[]> =>
  db.sql.prepared<Due[]>(
    `select r.redemption_id as "redemptionId", v.programme_version_id as "programmeVersionId", v.applied_on as "appliedOn",
            c.signed_on as "signedOn"
       from redemptions r
       join vouchers v on v.book_id = r.book_id and v.voucher_id = r.voucher_id and ${pastItsDay}
       join contracts c on c.book_id = r.book_id and c.contract_id = r.contract_id
      where r.book_id = $2 and r.status = 'SUBMITTED' and r.redemption_id > $3::uuid
      order by r.redemption_id limit $4`,
    [of.today, of.bookId, of.after?.redemptionId ?? firstId, readAhead],
  );
