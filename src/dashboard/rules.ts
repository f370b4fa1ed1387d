// Which work lists a role sees, and how the figures are shown. Pure.
import type { z } from 'zod';
import type { Role } from '../../schemas/access.js';
import type { dashboard, waitingFor } from '../../schemas/dashboard.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';

type Shown = z.input<typeof dashboard>;
type WaitingFor = z.output<typeof waitingFor>;

/** A fund's figures in fen; null where they are not the caller's to have. */
export type FundFigures = { readonly fund: string } & Readonly<
  Record<
    'granted' | 'promised' | 'left' | 'outstanding' | 'reserved' | 'redeemed' | 'lapsed' | 'payable' | 'inTransit' | 'paid',
    Fen | null
  >
>;
/** What moved of a fund in a month, in fen. */
export type MonthFigures = { readonly month: string; readonly fund: string; readonly redemptions: bigint } & Readonly<
  Record<
    | 'granted'
    | 'promised'
    | 'givenBack'
    | 'lapsed'
    | 'claimed'
    | 'released'
    | 'redeemed'
    | 'reversed'
    | 'instructed'
    | 'returned'
    | 'paid',
    Fen
  >
>;

interface Work {
  readonly what: WaitingFor;
  /** Whose next step it is. */
  readonly roles: readonly Role[];
  readonly list: string;
}
const works: readonly Work[] = [
  { what: 'PROGRAMMES_TO_ACTIVATE', roles: ['approver'], list: '/programmes' },
  { what: 'OPENINGS_TO_APPROVE', roles: ['approver'], list: '/opening-balances?status=PREPARED' },
  { what: 'CONTRACTS_TO_CONFIRM', roles: ['enterprise', 'provider'], list: '/contracts?status=SUBMITTED' },
  { what: 'CONTRACTS_TO_FILE', roles: ['reviewer'], list: '/contracts?status=CONFIRMED' },
  { what: 'APPLICATIONS_TO_REVIEW', roles: ['reviewer'], list: '/applications?status=SUBMITTED' },
  { what: 'APPLICATIONS_TO_APPROVE', roles: ['approver'], list: '/applications?status=REVIEWED' },
  { what: 'INVOICES_TO_CONFIRM', roles: ['enterprise'], list: '/usage-invoices?status=POSTED' },
  { what: 'INVOICES_DISPUTED', roles: ['provider'], list: '/usage-invoices?status=DISPUTED' },
  { what: 'REDEMPTIONS_TO_VERIFY', roles: ['reviewer'], list: '/redemptions?status=SUBMITTED' },
  { what: 'REDEMPTIONS_TO_SETTLE', roles: ['finance'], list: '/redemptions?status=APPROVED' },
  { what: 'SETTLEMENTS_TO_FREEZE', roles: ['finance'], list: '/settlements?status=DRAFT' },
  { what: 'SETTLEMENTS_TO_APPROVE', roles: ['approver'], list: '/settlements?status=FROZEN' },
  { what: 'SETTLEMENTS_TO_CHECK', roles: ['finance'], list: '/settlements?status=APPROVED' },
  { what: 'SETTLEMENTS_TO_INSTRUCT', roles: ['finance_approver'], list: '/settlements?status=CHECKED' },
  { what: 'SETTLEMENTS_AT_BANK', roles: ['finance'], list: '/settlements?status=INSTRUCTED' },
];

/** The lists a caller sees: a member of the trade its own, the authorities all of theirs. */
export const worksFor = ({ role, legalPersonUscc }: { role: Role; legalPersonUscc: string | null }): readonly Work[] =>
  works.filter(({ roles }) =>
    legalPersonUscc === null ? roles.some((of) => of !== 'enterprise' && of !== 'provider') : roles.includes(role),
  );

const yuan = (fen: Fen | null): string | null => (fen === null ? null : formatYuan(fen));

export const presentFund = (of: FundFigures): Shown['funds'][number] => {
  const [programmeCode = '', year = ''] = of.fund.split('/');
  return {
    fund: of.fund,
    programmeCode,
    year: Number(year),
    granted: yuan(of.granted),
    promised: yuan(of.promised),
    left: yuan(of.left),
    outstanding: yuan(of.outstanding),
    reserved: yuan(of.reserved),
    redeemed: yuan(of.redeemed),
    lapsed: yuan(of.lapsed),
    payable: yuan(of.payable),
    inTransit: yuan(of.inTransit),
    paid: yuan(of.paid),
  };
};

export const presentMonth = (of: MonthFigures): Shown['months'][number] => ({
  month: of.month,
  fund: of.fund,
  granted: formatYuan(of.granted),
  promised: formatYuan(of.promised),
  givenBack: formatYuan(of.givenBack),
  lapsed: formatYuan(of.lapsed),
  claimed: formatYuan(of.claimed),
  released: formatYuan(of.released),
  redeemed: formatYuan(of.redeemed),
  reversed: formatYuan(of.reversed),
  redemptions: Number(of.redemptions),
  instructed: formatYuan(of.instructed),
  returned: formatYuan(of.returned),
  paid: formatYuan(of.paid),
});

/** What waits for a caller: counted to a thousand, and whether there is more. */
export const presentWaiting = (
  caller: { role: Role; legalPersonUscc: string | null },
  counts: Readonly<Record<string, bigint>>,
  countedTo: number,
): Shown['waiting'] =>
  worksFor(caller).map(({ what, roles, list }) => {
    const counted = Number(counts[what] ?? 0n);
    return { what, count: Math.min(counted, countedTo), more: counted > countedTo, mine: roles.includes(caller.role), list };
  });
