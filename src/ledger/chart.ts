// The chart of accounts: which kinds exist and how an account is named. Balances read as credits − debits, in fen.
// The database holds the same list (account_kinds) and refuses what is not on it; a test compares the two.

/** Kinds of account, with whether one may go below zero. MONEY accounts carry a fund, QUOTA accounts do not. */
export const accountKinds = {
  appropriation: { measure: 'MONEY', mayOverdraw: true },
  unmatched: { measure: 'MONEY', mayOverdraw: false },
  available: { measure: 'MONEY', mayOverdraw: false },
  voucher: { measure: 'MONEY', mayOverdraw: false },
  reserved: { measure: 'MONEY', mayOverdraw: false },
  payable: { measure: 'MONEY', mayOverdraw: false },
  in_transit: { measure: 'MONEY', mayOverdraw: false },
  paid: { measure: 'MONEY', mayOverdraw: false },
  lapsed: { measure: 'MONEY', mayOverdraw: false },
  receivable: { measure: 'MONEY', mayOverdraw: true },
  claim: { measure: 'MONEY', mayOverdraw: false },
  recovered: { measure: 'MONEY', mayOverdraw: false },
  limit: { measure: 'QUOTA', mayOverdraw: true },
  allowance: { measure: 'QUOTA', mayOverdraw: false },
  used: { measure: 'QUOTA', mayOverdraw: false },
} as const;
export type AccountKind = keyof typeof accountKinds;

/** Kinds whose accounts live from one command to the next or two: a redemption's, an instruction's. */
export const passingKinds: ReadonlySet<AccountKind> = new Set(['reserved', 'in_transit']);

/** An account by its name. It comes into being with the first posting that touches it. */
export interface Account {
  readonly code: string;
  readonly kind: AccountKind;
  /** Programme and funding year, e.g. `zhengzhou-compute/2024`; null for QUOTA accounts. */
  readonly fund: string | null;
}

/** A limit as one holder meets it in one window, e.g. claimed per legal person in 2024. */
export interface LimitWindow {
  /** The limit's name: with its programme, e.g. `zhengzhou-compute.claimed`, or of all programmes that share it. */
  readonly limit: string;
  /** Who is limited: a legal person's code, a contract's id, a project's code, a programme's. */
  readonly holder: string;
  /** When: a year `2024`, `2024+3` for three years from 2024 on, or `LIFETIME`. */
  readonly window: string;
  /** Where what was spent here was carried on to, by mergers: what comes back here comes back there too. */
  readonly carriedTo?: readonly LimitWindow[];
}

/** The fund of a programme and a funding year: the money of one is never the money of another. */
export const fundOf = (programmeCode: string, year: number): string => `${programmeCode}/${year}`;

const money = (kind: AccountKind, fund: string, ...parts: string[]): Account => ({
  code: [kind, ...parts].join(':'),
  kind,
  fund,
});
const quota = (kind: AccountKind, ...parts: string[]): Account => ({ code: [kind, ...parts].join(':'), kind, fund: null });

export const accountOf = {
  appropriation: (fund: string, funder: string) => money('appropriation', fund, fund, funder),
  unmatched: (fund: string, funder: string) => money('unmatched', fund, fund, funder),
  available: (fund: string) => money('available', fund, fund),
  voucher: (voucherId: string, fund: string) => money('voucher', fund, voucherId),
  reserved: (claimedBy: string, fund: string) => money('reserved', fund, claimedBy),
  payable: (payeeId: string, fund: string) => money('payable', fund, payeeId, fund),
  inTransit: (instructionId: string, fund: string, funder: string) => money('in_transit', fund, instructionId, fund, funder),
  paid: (fund: string, funder: string) => money('paid', fund, fund, funder),
  lapsed: (fund: string) => money('lapsed', fund, fund),
  receivable: (debtorId: string, fund: string) => money('receivable', fund, debtorId, fund),
  claim: (recoveryId: string, fund: string) => money('claim', fund, recoveryId),
  recovered: (fund: string, funder: string) => money('recovered', fund, fund, funder),
  limit: (limit: string) => quota('limit', limit),
  allowance: (at: LimitWindow) => quota('allowance', at.limit, at.holder, at.window),
  used: (at: LimitWindow) => quota('used', at.limit, at.holder, at.window),
};
