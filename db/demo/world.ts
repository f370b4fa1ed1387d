// The shape of the demo world: who there is, what they sign, use and ask for, and on which day. Everything in it is invented;
// names and numbers belong to nobody. It is data; src/demo lives it through the API.

/** Yuan with two decimals as text, `YYYY-MM-DD`, `YYYY-MM`, the first 17 characters of a credit code, a name within the world. */
type Yuan = string;
type Day = string;
type Month = string;
type Code17 = string;
type Key = string;

export interface DemoChip {
  readonly vendor: string;
  readonly model: string;
  readonly origin: 'DOMESTIC' | 'NON_DOMESTIC';
}

export type ServiceItem = 'AI_COMPUTE' | 'SUPERCOMPUTE' | 'GENERAL_COMPUTE' | 'STORAGE';

export interface DemoFacility {
  readonly name: string;
  readonly kind: 'AI_COMPUTING' | 'SUPERCOMPUTING' | 'DATA_CENTER';
  /** PFLOPS, dense at FP16. */
  readonly pflops?: string;
  readonly standardRacks?: number;
}

export interface DemoProvider {
  readonly code: Code17;
  readonly name: string;
  readonly person: string;
  readonly listedFor: readonly ServiceItem[];
  readonly facilities: Readonly<Record<Key, DemoFacility>>;
  readonly account: { readonly bankName: string; readonly bankCode: string; readonly accountNo: string };
}

export interface DemoEnterprise {
  readonly code: Code17;
  readonly name: string;
  readonly person: string;
  readonly size: 'LARGE' | 'MEDIUM' | 'SMALL' | 'MICRO';
  readonly kind?: 'INSTITUTION';
  /** The enterprise this is a branch of; it acts with the keys of its legal person. */
  readonly branchOf?: Key;
}

/** Usage of one month of billing: how much, and what was unlike the rest. */
export interface DemoUsage {
  readonly quantity: string;
  /** Billed at another price than the contract's. */
  readonly price?: Yuan;
}

export interface DemoLine {
  readonly description: string;
  readonly item: ServiceItem;
  readonly facility: Key;
  /** Index into the chips of the world. */
  readonly chip?: number;
  readonly unit: 'CARD_HOUR' | 'CORE_HOUR' | 'MONTH';
  readonly quantity: string;
  /** With tax, of one unit. */
  readonly price: Yuan;
  /** A whole number per month of billing; null where nothing was used. */
  readonly used: readonly (string | DemoUsage | null)[];
  /** false: what the programme does not count, so the enterprise pays it all. */
  readonly counted?: false;
}

export interface DemoApplication {
  readonly on: Day;
  /** A review that finds something else than that all predicates are met and all that the law gives may be issued. */
  readonly review?: {
    readonly notMet?: readonly string[];
    readonly exceptions?: Readonly<Record<string, string>>;
    readonly classes?: readonly string[];
    readonly maximum?: Yuan;
    /** The review itself is refused with this code. */
    readonly refused?: string;
  };
  readonly acceptReduced?: true;
  /** Applying is refused with this code; nothing follows. */
  readonly refused?: string;
  readonly rejected?: string;
  /** Where it stands when the world is finished, if not decided. */
  readonly waitsFor?: 'review' | 'approval';
}

/** What one month of billing met with, other than: confirmed, paid, redeemed. */
export interface DemoTrouble {
  readonly unconfirmed?: true;
  readonly disputed?: string;
  readonly unpaid?: true;
  /** Redeeming is refused with this code. */
  readonly refused?: string;
  /** What the enterprise pays besides, before the redemption is verified for less. */
  readonly paidMore?: Yuan;
  /** What a reviewer does with a redemption that waits: nothing if left out. */
  readonly verified?: Yuan;
  readonly returned?: string;
  /** Posted under this number instead of one of its own. */
  readonly invoiceNo?: string;
}

export interface DemoContract {
  readonly no: string;
  readonly enterprise: Key;
  readonly provider: Key;
  readonly submittedBy?: 'enterprise';
  readonly signedOn: Day;
  readonly submittedOn: Day;
  readonly startsOn: Day;
  readonly endsOn: Day;
  readonly purpose: 'MODEL_RESEARCH' | 'PRODUCT_DEVELOPMENT' | 'SCENARIO_APPLICATION';
  readonly lines: readonly DemoLine[];
  /** How far it came; filed if left out. */
  readonly stays?: 'SUBMITTED' | 'CONFIRMED';
  readonly application?: DemoApplication;
  readonly trouble?: Readonly<Record<Month, DemoTrouble>>;
  readonly frozen?: { readonly on: Day; readonly reason: string };
}

export interface DemoSettlement {
  readonly period: Month;
  readonly draftedOn: Day;
  readonly approvedOn?: Day;
  readonly instructedOn?: Day;
  readonly bankOn?: Day;
  /** The bank returns what goes to this provider; it proposes another account, and once that is in effect the payment goes out again. */
  readonly returned?: {
    readonly provider: Key;
    readonly reason: string;
    readonly newAccountOn: Day;
    readonly accountNo: string;
    readonly reinstructedOn: Day;
    readonly bankOn: Day;
  };
  readonly closedOn?: Day;
}

/** Months closed on one day, one after the other: shut by finance, sealed by another person over what was made of them. */
export interface DemoClose {
  readonly on: Day;
  readonly months: readonly Month[];
}

export type Official = 'operator' | 'reviewer' | 'approver' | 'finance' | 'finance_checker' | 'finance_approver' | 'auditor';

export interface DemoBook {
  readonly code: string;
  readonly name: string;
  readonly divisionCode: string;
  /** Two letters before the serials of its bank. */
  readonly bankMark: string;
  readonly officials: Readonly<Record<Official, string>>;
  /** The second operator, who confirms whom the first one registers. */
  readonly colleague: string;
  /** How long a changed account waits, in working days, and the document that says so. */
  readonly accountWait: { readonly workingDays: number; readonly documentNo: string };
  readonly programmeCode: string;
  /** Files below db/programmes; those that are law are activated. */
  readonly programmes: readonly { readonly file: string; readonly activated: boolean }[];
  /** The part of an invoice that the firms expect a voucher to pay, in basis points. */
  readonly expectedShare: bigint;
  readonly predicates: readonly string[];
  readonly listing: { readonly batchNo: string; readonly documentNo: string; readonly validFrom: Day };
  readonly appropriations: readonly {
    readonly on: Day;
    readonly funder: string;
    readonly amount: Yuan;
    readonly documentNo: string;
  }[];
  readonly providers: Readonly<Record<Key, DemoProvider>>;
  readonly enterprises: Readonly<Record<Key, DemoEnterprise>>;
  /** What firms had claimed elsewhere before the book was opened. */
  readonly openings: readonly {
    readonly on: Day;
    readonly enterprise: Key;
    readonly limitId: string;
    readonly year: number;
    readonly amount: Yuan;
  }[];
  readonly contracts: readonly DemoContract[];
  readonly settlements: readonly DemoSettlement[];
  readonly close?: DemoClose;
}

/** The first and the last day of the world. */
export const worldFrom: Day = '2026-07-27';
export const worldTo: Day = '2026-10-30';

/** Days of the week off, beyond Saturdays and Sundays. */
export const holidays: readonly Day[] = ['2026-09-25', '2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07'];

/** The months of billing: usage from and to, both inclusive, and the days on which its papers go round. */
export const billing: readonly {
  readonly month: Month;
  readonly from: Day;
  readonly to: Day;
  readonly invoicedOn: readonly Day[];
  readonly confirmedOn: Day;
  readonly paidOn: Day;
  readonly redeemedOn: Day;
}[] = [
  {
    month: '2026-08',
    from: '2026-08-01',
    to: '2026-08-25',
    invoicedOn: ['2026-08-26', '2026-08-27'],
    confirmedOn: '2026-08-28',
    paidOn: '2026-08-31',
    redeemedOn: '2026-08-31',
  },
  {
    month: '2026-09',
    from: '2026-08-26',
    to: '2026-09-24',
    invoicedOn: ['2026-09-27', '2026-09-28'],
    confirmedOn: '2026-09-29',
    paidOn: '2026-09-29',
    redeemedOn: '2026-09-30',
  },
  {
    month: '2026-10',
    from: '2026-09-25',
    to: '2026-10-25',
    invoicedOn: ['2026-10-26', '2026-10-27'],
    confirmedOn: '2026-10-28',
    paidOn: '2026-10-28',
    redeemedOn: '2026-10-29',
  },
];

/** The catalogue of both cities. Origins as the bureau of this world sees them; no performance figures are claimed. */
export const chips: readonly DemoChip[] = [
  { vendor: '华为昇腾', model: 'Ascend 910B', origin: 'DOMESTIC' },
  { vendor: '寒武纪', model: '思元 590', origin: 'DOMESTIC' },
  { vendor: '海光', model: 'DCU K100', origin: 'DOMESTIC' },
  { vendor: '昆仑芯', model: 'R200', origin: 'DOMESTIC' },
  { vendor: '燧原', model: '云燧 T20', origin: 'DOMESTIC' },
  { vendor: '摩尔线程', model: 'MTT S4000', origin: 'DOMESTIC' },
  { vendor: '天数智芯', model: '天垓 100', origin: 'DOMESTIC' },
  { vendor: '沐曦', model: '曦云 C500', origin: 'DOMESTIC' },
  { vendor: '壁仞', model: '壁砺 106', origin: 'DOMESTIC' },
  { vendor: '平头哥', model: '含光 800', origin: 'DOMESTIC' },
  { vendor: 'NVIDIA', model: 'H20', origin: 'NON_DOMESTIC' },
  { vendor: 'AMD', model: 'MI250', origin: 'NON_DOMESTIC' },
  { vendor: 'Intel', model: 'Gaudi 2', origin: 'NON_DOMESTIC' },
  { vendor: 'Google', model: 'TPU v4', origin: 'NON_DOMESTIC' },
];
