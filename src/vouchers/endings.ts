// How what a voucher can still pay ends: by its last day, without fault, for cause, with a contract that was cut, and what comes back
// from its redemptions after that. Decided on a voucher as the decisions before left it, so that one command may end several parts.
import type { Voucher, VoucherEnding } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import type { LimitWindow } from '../ledger/chart.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, note } from '../ledger/facts.js';
import { chargedWith } from '../ledger/history.js';
import type { Posting, VoucherEnd } from '../ledger/templates.js';
import { limitRestored, voucherEnded, voucherExpired } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { gatherCarried } from '../programmes/limits.js';
import { programmeOf } from '../programmes/published.js';
import { voucherEndingShelf } from './facts.js';
import type { HeldVoucher } from './rules.js';
import { hasEnded } from './rules.js';

export type QuotaBack = VoucherEnding['quotaBack'];

/** Where its balance goes, and which of the limits that its issue was charged to get as much back. */
export interface EndRule {
  readonly to: VoucherEnd;
  readonly quotaBack: QuotaBack;
}

/**
 * What its programme says of a voucher that is not used up on its last day: null where it does not say (政策未规定), and then the balance
 * stays where it is, to be used by nobody, until two persons decide.
 */
export function expiryRule(law: ProgrammeVersion, of: { appliedOn: Day; signedOn: Day | null }): EndRule | null {
  const { expiredBalance, unusedFaceReturnsQuota } = lawOn(law, decidingDayOf(law, of));
  if (expiredBalance === null) return null;
  return {
    to: expiredBalance.value === 'LAPSES' ? 'LAPSED' : 'AVAILABLE',
    quotaBack: unusedFaceReturnsQuota?.value === true ? 'CHARGED' : 'NONE',
  };
}

/** The rule of a gathered voucher (gatherEndRules); null where its programme does not say. */
export function expiryRuleOf(facts: Facts, voucher: Voucher): EndRule | null {
  const version = facts.get(programmeVersionShelf, voucher.programmeVersionId);
  if (!version) throw new Error(`the version of ${voucher.voucherNo} is not there`);
  const law = programmeOf(version);
  const signedOn = bySigning(law, voucher) ? (facts.get(contractShelf, voucher.contractId)?.signedOn ?? null) : null;
  return expiryRule(law, { appliedOn: voucher.appliedOn, signedOn });
}

const bySigning = (law: ProgrammeVersion, { appliedOn }: Voucher): boolean =>
  lawOn(law, appliedOn).decidingDay?.value === 'CONTRACT_SIGNING';

/**
 * Gathers how these vouchers end, and the accounts that take what they hold. `limits`: also the limits that their issue was charged to,
 * for whom quota may come back.
 */
export async function gatherEndRules(loader: Loader, vouchers: readonly Voucher[]): Promise<void> {
  const versions = await loader.load(
    programmeVersionShelf,
    'id',
    vouchers.map(({ programmeVersionId }) => programmeVersionId),
  );
  const laws = new Map(versions.map((row) => [row.programmeVersionId, programmeOf(row)]));
  const signing = vouchers.filter((of) => {
    const law = laws.get(of.programmeVersionId);
    return law !== undefined && bySigning(law, of);
  });
  await Promise.all([
    loader.load(
      contractShelf,
      'id',
      signing.map(({ contractId }) => contractId),
    ),
    loader.accounts(
      vouchers.flatMap(({ voucherId, fund }) => [
        accountOf.voucher(voucherId, fund),
        accountOf.available(fund),
        accountOf.lapsed(fund),
      ]),
    ),
  ]);
  const returning = vouchers.filter((of) => (expiryRuleOf(loader.facts, of)?.quotaBack ?? 'NONE') !== 'NONE');
  await gatherCharged(loader, returning);
}

const charged = note<readonly LimitWindow[]>('limits charged with a voucher');

/** Gathers the limits, each in its window, that the issue of these vouchers was charged to, with their accounts. */
export async function gatherCharged(loader: Loader, vouchers: readonly Voucher[]): Promise<void> {
  if (vouchers.length === 0) return;
  // What issued it is what first paid into its account.
  const idOf = new Map(vouchers.map(({ voucherId, fund }) => [accountOf.voucher(voucherId, fund).code, voucherId]));
  const rows = await chargedWith(loader.tx, loader.bookId, [...idOf.keys()]);
  const windows = new Map<string, LimitWindow[]>(vouchers.map(({ voucherId }) => [voucherId, []]));
  for (const { code, used } of rows) windows.get(idOf.get(code) ?? '')?.push(windowOf(used));
  const carried = await gatherCarried(loader, [...windows.values()].flat());
  for (const [id, at] of windows) loader.note(charged, id, at.map(carried));
}

/** The limit of an account `used:{limit}:{holder}:{window}`; a holder's name may have colons, the others have none. */
export function windowOf(code: string): LimitWindow {
  const [, limit = '', ...rest] = code.split(':');
  return { limit, holder: rest.slice(0, -1).join(':'), window: rest.at(-1) ?? '' };
}

/** The limits that the issue of a gathered voucher was charged to (gatherCharged). */
export const chargedOf = (facts: Facts, voucherId: string): readonly LimitWindow[] => facts.noted(charged, voucherId);

/** Whether a window still runs on the day; a lifetime does for ever. */
function runs(window: string, today: Day): boolean {
  const [, first, years = '1'] = /^(\d{4})(?:\+(\d+))?$/.exec(window) ?? [];
  return first === undefined || yearOf(today) < Number(first) + Number(years);
}

/**
 * Which of the limits charged at issue get back what ends. CHARGED: all, in the window once charged. RUNNING: those whose window has not
 * ended yet. CONTRACT: those of the voucher's contract.
 */
export function windowsBack(
  all: readonly LimitWindow[],
  quotaBack: QuotaBack,
  of: { contractId: string; today: Day },
): LimitWindow[] {
  switch (quotaBack) {
    case 'NONE':
      return [];
    case 'CHARGED':
      return [...all];
    case 'RUNNING':
      return all.filter(({ window }) => runs(window, of.today));
    case 'CONTRACT':
      return all.filter(({ holder }) => holder === of.contractId);
  }
}

/** How a part of a voucher ends: `why`; `charged` are the limits of its issue, asked only where quota comes back. */
export interface PartToEnd {
  readonly why: VoucherEnding['why'];
  readonly amountFen: Fen;
  readonly rule: EndRule;
  readonly charged: () => readonly LimitWindow[];
  readonly today: Day;
  readonly reason: string | null;
  /** Of RELEASED and REVERSED: the redemption that it came back from. */
  readonly redemptionId?: string;
  readonly endingId: string;
  readonly receivedAt: Date;
}

export interface EndedPart extends HeldVoucher {
  readonly postings: readonly Posting[];
  /** But for the voucher's own row, which later parts may change again. */
  readonly changes: readonly Change[];
}

/**
 * Ends a part of a voucher, in fen. EXPIRED, CANCELLED and REVOKED end the voucher with its whole balance; REDUCED takes a part of the
 * balance of one that lives on; RELEASED and REVERSED are what came back from a redemption after its voucher had ended: their money
 * was moved by the redemption, the limits are given back here.
 */
export function endPart({ voucher, balanceFen }: HeldVoucher, of: PartToEnd): EndedPart {
  const { why, amountFen, rule, today, reason, redemptionId = null, endingId, receivedAt } = of;
  const { bookId, voucherId, fund, contractId } = voucher;
  const isAfter = why === 'RELEASED' || why === 'REVERSED';
  if (!isAfter && amountFen > balanceFen) throw new Error(`${voucher.voucherNo} has not so much to end`);
  const restored = rule.quotaBack === 'NONE' ? [] : windowsBack(of.charged(), rule.quotaBack, { contractId, today });
  const [lapsedFen, givenBackFen] = rule.to === 'LAPSED' ? [amountFen, 0n] : [0n, amountFen];
  const ends = why === 'EXPIRED' || why === 'CANCELLED' || why === 'REVOKED';
  const ending: VoucherEnding = {
    bookId,
    endingId,
    voucherId,
    why,
    redemptionId,
    endedOn: today,
    lapsedFen,
    givenBackFen,
    quotaBack: rule.quotaBack,
    reason,
    recordedAt: receivedAt.toISOString(),
  };
  return {
    voucher: {
      ...voucher,
      ...(ends ? { status: why, frozenFrom: null, endedOn: today } : {}),
      lapsedFen: voucher.lapsedFen + lapsedFen,
      givenBackFen: voucher.givenBackFen + givenBackFen,
    },
    balanceFen: isAfter ? balanceFen : balanceFen - amountFen,
    postings: isAfter
      ? restored.flatMap((at) => limitRestored({ at, amountFen }))
      : why === 'EXPIRED'
        ? voucherExpired({ voucherId, fund, balanceFen: amountFen, to: rule.to, restored })
        : voucherEnded({ how: howOf[why], voucherId, fund, amountFen, restored }),
    changes: amountFen > 0n || ends ? [insert(voucherEndingShelf, ending)] : [],
  };
}

const howOf = { CANCELLED: 'cancelled', REVOKED: 'revoked', REDUCED: 'reduced' } as const;

/**
 * Where what comes back from a redemption goes: null for the voucher itself, which lives; else the end that its balance had. `expiry` is
 * the rule of its programme, asked only of one that expired.
 */
export function homeOfEnded(voucher: Voucher, expiry: () => EndRule | null): EndRule | null {
  if (!hasEnded(voucher)) return null;
  if (voucher.status !== 'EXPIRED') return { to: 'AVAILABLE', quotaBack: 'NONE' };
  const rule = expiry();
  if (!rule) throw new Error(`${voucher.voucherNo} expired without a rule`);
  return rule;
}

/** How money comes back from a redemption: `home` as homeOfEnded says. */
export interface ComingBack extends Omit<PartToEnd, 'why' | 'rule' | 'reason'> {
  readonly why: 'RELEASED' | 'REVERSED';
  readonly redemptionId: string;
  readonly home: EndRule | null;
}

/**
 * What comes back from a redemption is the voucher's again, or ends as its balance did. `home` is where the redemption's posting takes
 * the money; the postings here give limits back what has ended.
 */
export function comeBack(held: HeldVoucher, of: ComingBack): EndedPart & { readonly home: 'VOUCHER' | VoucherEnd } {
  const { home } = of;
  if (home === null) {
    return { ...held, balanceFen: held.balanceFen + of.amountFen, postings: [], changes: [], home: 'VOUCHER' };
  }
  return { ...endPart(held, { ...of, rule: home, reason: null }), home: home.to };
}
