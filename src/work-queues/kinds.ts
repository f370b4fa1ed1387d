// What waits, kind by kind: whose next step it is, and where it stands. Pure.
import type { Role } from '../../schemas/access.js';
import type { WorkKind } from '../../schemas/work-queues.js';

/** Whose things a list has: those of the book, of one side of a legal person's, or of one member. */
type Scope = 'book' | 'enterprise' | 'provider' | 'member';

/** Where the things of a kind stand; all of it is SQL of ours. */
export interface Source {
  readonly table: string;
  readonly id: string;
  /** What people know it by. */
  readonly no: string | null;
  /** Things in these states wait. */
  readonly statuses: readonly string[];
  /** The day on which it came in. */
  readonly receivedOn: string;
  readonly waitingSince: string | null;
  readonly dueOn: string | null;
  /** In fen. */
  readonly amountFen: string | null;
  /** The column that says whose it is, where a list is of one's own: a party, a legal person, a member. */
  readonly owner?: string;
  /** A further condition, for what is one legal person's. */
  readonly also?: string;
  /** What every thing in these states fulfils, where an index says so; and the index by amount. */
  readonly given?: string;
  readonly givenByAmount?: string;
  /** Whether the index by its owner goes on with the state: else all that is the owner's is read, where that is little. */
  readonly byState?: boolean;
}
export interface Work extends Source {
  readonly kind: WorkKind;
  readonly roles: readonly Role[];
  readonly scope: Scope;
}

const recordedOn = `(t.recorded_at at time zone 'Asia/Shanghai')::date`;
const of = (table: string, id: string, more: Partial<Source>): Omit<Source, 'statuses'> => ({
  table,
  id,
  no: null,
  receivedOn: recordedOn,
  waitingSince: null,
  dueOn: null,
  amountFen: null,
  ...more,
});

/**
 * A column, or what stands for it where it is null. Not a coalesce: behind row-level security no index is looked into by one, for it is
 * not known to keep what it is given to itself.
 */
const or = (column: string, other: string): string => `case when ${column} is null then ${other} else ${column} end`;

const sources = {
  contract: of('contracts', 'contract_id', {
    no: 't.contract_no',
    amountFen: 't.gross_fen',
    givenByAmount: 't.gross_fen > 0',
    byState: true,
  }),
  amendment: of('contract_amendments', 'amendment_id', { amountFen: 't.gross_fen', byState: true }),
  application: of('applications', 'application_id', {
    no: 't.application_no',
    receivedOn: 't.submitted_on',
    waitingSince: 't.waiting_since',
    dueOn: or('t.due_on', `'infinity'::date`),
    amountFen: or('t.maximum_fen', '-1'),
    given: 't.waiting_since is not null',
    owner: 'legal_person_uscc',
  }),
  reimbursement: of('reimbursements', 'reimbursement_id', {
    no: 't.reimbursement_no',
    receivedOn: 't.submitted_on',
    waitingSince: 't.waiting_since',
    given: 't.waiting_since is not null',
    owner: 'legal_person_uscc',
    dueOn: or('t.due_on', `'infinity'::date`),
    amountFen: or('t.reviewed_fen', 't.computed_fen'),
  }),
  assignment: of('expert_assignments', 'assignment_id', {
    waitingSince: 't.waiting_since',
    dueOn: or('t.due_on', `'infinity'::date`),
    owner: 'member_id',
  }),
  allocation: of('allocations', 'allocation_id', { no: 't.allocation_no', receivedOn: 't.drafted_on', amountFen: 't.total_fen' }),
  voucher: of('vouchers', 'voucher_id', {
    no: 't.voucher_no',
    receivedOn: 't.issued_on',
    waitingSince: 't.issued_on',
    amountFen: 't.face_fen',
    dueOn: or('t.activate_by', `'infinity'::date`),
    owner: 'legal_person_uscc',
  }),
  proposal: of('voucher_proposals', 'proposal_id', { receivedOn: 't.proposed_on', waitingSince: 't.proposed_on' }),
  invoice: of('usage_invoices', 'invoice_id', {
    no: 't.invoice_no',
    receivedOn: 't.posted_on',
    amountFen: 't.gross_fen',
    givenByAmount: 't.gross_fen > 0',
    byState: true,
  }),
  redemption: of('redemptions', 'redemption_id', {
    no: 't.redemption_no',
    receivedOn: 't.submitted_on',
    waitingSince: 't.submitted_on',
    amountFen: 't.reserved_fen',
    givenByAmount: 't.reserved_fen > 0',
  }),
  reversal: of('redemption_reversals', 'reversal_id', {
    receivedOn: 't.proposed_on',
    waitingSince: 't.proposed_on',
    amountFen: 't.amount_fen',
  }),
  flag: of('flags', 'flag_id', { receivedOn: 't.raised_on', waitingSince: 't.raised_on', amountFen: 't.amount_fen' }),
  settlement: of('settlements', 'settlement_id', { no: 't.settlement_no', receivedOn: 't.drafted_on', amountFen: 't.total_fen' }),
  payment: of('payment_instructions', 'instruction_id', {
    no: 't.instruction_no',
    receivedOn: 't.instructed_on',
    amountFen: 't.amount_fen',
    given: 'not t.reinstructed',
    owner: 'payee_id',
    byState: true,
  }),
  account: of('payee_accounts', 'payee_account_id', { no: `'****' || t.account_no_last4` }),
  accountWait: of('payee_account_waits', 'wait_id', { no: 't.document_no', receivedOn: 't.proposed_on', waitingSince: 't.proposed_on' }),
  month: of('months', 'month_id', { no: 't.month', receivedOn: 't.shut_on', waitingSince: 't.shut_on' }),
  bankLine: of('bank_lines', 'bank_line_id', {
    no: 't.bank_serial',
    receivedOn: 't.booked_on',
    amountFen: 't.amount_fen',
    given: 't.matched_fen < t.amount_fen',
  }),
  reconciliation: of('reconciliation_exceptions', 'exception_id', {
    receivedOn: 't.opened_on',
    waitingSince: 't.since',
    amountFen: 't.amount_fen',
  }),
  recovery: of('recoveries', 'recovery_id', {
    no: 't.recovery_no',
    dueOn: or('t.due_on', `'infinity'::date`),
    amountFen: '(t.amount_fen - t.received_fen)',
    owner: 'debtor_id',
    byState: true,
  }),
  exception: of('limit_exceptions', 'exception_id', {
    receivedOn: 't.asked_on',
    waitingSince: 't.asked_on',
    amountFen: 't.amount_fen',
  }),
  matter: of('matter_registrations', 'registration_id', { no: 't.code' }),
  listing: of('listing_applications', 'application_id', { dueOn: or('t.notice_to', `'infinity'::date`) }),
  measure: of('listing_measures', 'measure_id', { receivedOn: 't.proposed_on', waitingSince: 't.proposed_on' }),
  change: of('legal_person_changes', 'change_id', {
    no: 't.document_no',
    receivedOn: 't.proposed_on',
    waitingSince: 't.proposed_on',
  }),
  opening: of('opening_balances', 'opening_balance_id', {}),
  calendar: of('calendar_years', 'calendar_year_id', { no: 't.document_no' }),
  programme: of('programme_versions', 'programme_version_id', { no: `t.programme_code || ' v' || t.version` }),
  repealCorrection: of('repeal_corrections', 'correction_id', {
    no: 't.document_no',
    receivedOn: 't.proposed_on',
    waitingSince: 't.proposed_on',
  }),
  appropriationReturn: of('appropriation_returns', 'return_id', {
    no: 't.document_no',
    receivedOn: 't.proposed_on',
    waitingSince: 't.proposed_on',
    amountFen: 't.amount_fen',
  }),
  message: of('outbox', 'message_id', { receivedOn: `(t.staged_at at time zone 'Asia/Shanghai')::date` }),
} as const;

/** A list of the book, for those whose step is next. */
const ofBook = (kind: WorkKind, from: keyof typeof sources, statuses: readonly string[], roles: readonly Role[]): Work => ({
  ...sources[from],
  kind,
  statuses,
  roles,
  scope: 'book',
});
/** A list of one side's own things. */
const own = (
  kind: WorkKind,
  side: 'enterprise' | 'provider',
  from: keyof typeof sources,
  statuses: readonly string[],
  more: Partial<Source> = {},
): Work => ({ owner: `${side}_id`, ...sources[from], ...more, kind, statuses, roles: [side], scope: side });

const otherSide = (side: string, column: string) => ({ also: `t.${column} <> '${side}'` });

/** A payment that came back, until its payee has recorded an account after the one it came back from. */
const notCorrected = (side: string) => ({
  also: `not exists (select from payee_accounts a
                      where a.book_id = t.book_id and a.${side}_id = t.payee_id and a.payee_account_id > t.payee_account_id
                        and a.status not in ('WITHDRAWN', 'REJECTED'))`,
});

export const works: readonly Work[] = [
  own('CONTRACT_TO_CONFIRM', 'enterprise', 'contract', ['SUBMITTED'], otherSide('enterprise', 'submitted_side')),
  own('CONTRACT_TO_CONFIRM', 'provider', 'contract', ['SUBMITTED'], otherSide('provider', 'submitted_side')),
  ofBook('CONTRACT_TO_FILE', 'contract', ['CONFIRMED'], ['reviewer']),
  own('AMENDMENT_TO_CONFIRM', 'enterprise', 'amendment', ['PROPOSED'], otherSide('enterprise', 'proposed_side')),
  own('AMENDMENT_TO_CONFIRM', 'provider', 'amendment', ['PROPOSED'], otherSide('provider', 'proposed_side')),
  ofBook('AMENDMENT_TO_FILE', 'amendment', ['CONFIRMED'], ['reviewer']),

  own('APPLICATION_TO_SUPPLEMENT', 'enterprise', 'application', ['SUPPLEMENT_REQUESTED']),
  ofBook('APPLICATION_TO_ACCEPT', 'application', ['SUBMITTED'], ['district_reviewer', 'reviewer']),
  ofBook('APPLICATION_TO_CHECK', 'application', ['ACCEPTED'], ['reviewer']),
  ofBook('APPLICATION_TO_REVIEW', 'application', ['CHECKED'], ['reviewer']),
  ofBook('APPLICATION_IN_EXPERT_REVIEW', 'application', ['EXPERT_REVIEW'], ['reviewer']),
  ofBook('APPLICATION_TO_DECIDE', 'application', ['REVIEWED'], ['reviewer', 'approver']),
  ofBook('APPLICATION_IN_NOTICE', 'application', ['IN_PUBLIC_NOTICE'], ['approver']),
  ofBook('APPLICATION_OBJECTED', 'application', ['OBJECTION_PENDING'], ['reviewer', 'approver']),

  own('REIMBURSEMENT_TO_SUPPLEMENT', 'enterprise', 'reimbursement', ['SUPPLEMENT_REQUESTED']),
  ofBook('REIMBURSEMENT_TO_ACCEPT', 'reimbursement', ['SUBMITTED'], ['district_reviewer', 'reviewer']),
  ofBook('REIMBURSEMENT_TO_CHECK', 'reimbursement', ['ACCEPTED'], ['reviewer']),
  ofBook('REIMBURSEMENT_TO_REVIEW', 'reimbursement', ['CHECKED'], ['reviewer']),
  ofBook('REIMBURSEMENT_IN_EXPERT_REVIEW', 'reimbursement', ['EXPERT_REVIEW'], ['reviewer']),
  ofBook('REIMBURSEMENT_TO_PUBLISH_OR_ALLOCATE', 'reimbursement', ['REVIEWED'], ['reviewer', 'approver']),
  ofBook('REIMBURSEMENT_IN_NOTICE', 'reimbursement', ['IN_PUBLIC_NOTICE'], ['reviewer']),
  ofBook('REIMBURSEMENT_OBJECTED', 'reimbursement', ['OBJECTION_PENDING'], ['reviewer', 'approver']),
  { ...sources.assignment, kind: 'ASSIGNMENT_TO_SCORE', statuses: ['ASSIGNED', 'DECLARED'], roles: ['expert'], scope: 'member' },
  ofBook('ALLOCATION_TO_APPROVE', 'allocation', ['DRAFT'], ['approver']),

  own('VOUCHER_TO_ACTIVATE', 'enterprise', 'voucher', ['ISSUED']),
  ofBook('VOUCHER_ENDING_TO_DECIDE', 'proposal', ['PROPOSED'], ['approver']),
  own('INVOICE_TO_CONFIRM', 'enterprise', 'invoice', ['POSTED'], { dueOn: or('t.confirm_by', `'infinity'::date`) }),
  own('INVOICE_DISPUTED', 'provider', 'invoice', ['DISPUTED']),
  ofBook('INVOICE_DISPUTED', 'invoice', ['DISPUTED'], ['reviewer']),
  ofBook('REDEMPTION_TO_VERIFY', 'redemption', ['SUBMITTED'], ['reviewer']),
  ofBook('REVERSAL_TO_DECIDE', 'reversal', ['PROPOSED'], ['approver']),
  ofBook('FLAG_TO_DECIDE', 'flag', ['OPEN'], ['reviewer', 'approver']),

  ofBook('SETTLEMENT_TO_FREEZE', 'settlement', ['DRAFT'], ['finance']),
  ofBook('SETTLEMENT_TO_APPROVE', 'settlement', ['FROZEN'], ['approver']),
  ofBook('SETTLEMENT_TO_CHECK', 'settlement', ['APPROVED'], ['finance']),
  ofBook('SETTLEMENT_TO_INSTRUCT', 'settlement', ['CHECKED'], ['finance_approver']),
  ofBook('SETTLEMENT_AT_BANK', 'settlement', ['INSTRUCTED'], ['finance']),
  ofBook('PAYMENT_RETURNED', 'payment', ['RETURNED'], ['finance', 'finance_approver']),
  own('PAYEE_ACCOUNT_TO_CORRECT', 'enterprise', 'payment', ['RETURNED'], notCorrected('enterprise')),
  own('PAYEE_ACCOUNT_TO_CORRECT', 'provider', 'payment', ['RETURNED'], notCorrected('provider')),
  ofBook('PAYEE_ACCOUNT_TO_CONFIRM', 'account', ['PROPOSED'], ['finance']),
  ofBook('PAYEE_ACCOUNT_OBJECTED', 'account', ['OBJECTED'], ['finance', 'finance_approver']),
  ofBook('PAYEE_ACCOUNT_WAIT_TO_APPROVE', 'accountWait', ['PROPOSED'], ['finance_approver']),
  ofBook('MONTH_TO_SEAL', 'month', ['CLOSING'], ['finance', 'finance_approver']),
  ofBook('BANK_LINE_TO_MATCH', 'bankLine', ['PAID', 'RETURNED'], ['finance']),
  ofBook('RECONCILIATION_EXCEPTION', 'reconciliation', ['OPEN'], ['finance', 'finance_approver']),
  ofBook('RECOVERY_TO_OPEN', 'recovery', ['PROPOSED'], ['approver']),
  ofBook('RECOVERY_TO_SERVE', 'recovery', ['OPENED'], ['reviewer']),
  ofBook('RECOVERY_APPEALED', 'recovery', ['APPEALED'], ['approver']),
  ofBook('RECOVERY_TO_COLLECT', 'recovery', ['DUE', 'PARTLY_RECOVERED'], ['finance']),
  own('RECOVERY_TO_REPAY', 'enterprise', 'recovery', ['SERVED', 'DUE', 'PARTLY_RECOVERED']),
  own('RECOVERY_TO_REPAY', 'provider', 'recovery', ['SERVED', 'DUE', 'PARTLY_RECOVERED']),

  ofBook('LIMIT_EXCEPTION_TO_DECIDE', 'exception', ['ASKED'], ['approver']),
  ofBook('MATTER_TO_CONFIRM', 'matter', ['REGISTERED'], ['reviewer', 'approver']),
  own('LISTING_TO_SUPPLEMENT', 'provider', 'listing', ['SUPPLEMENT_REQUESTED']),
  ofBook('LISTING_TO_ACCEPT', 'listing', ['SUBMITTED'], ['reviewer']),
  ofBook('LISTING_TO_SCORE', 'listing', ['UNDER_REVIEW'], ['reviewer']),
  ofBook('LISTING_IN_NOTICE', 'listing', ['PUBLIC_NOTICE'], ['approver']),
  ofBook('LISTING_MEASURE_TO_DECIDE', 'measure', ['PROPOSED'], ['approver']),
  ofBook('LEGAL_PERSON_CHANGE_TO_DECIDE', 'change', ['PROPOSED'], ['approver']),
  ofBook('OPENING_TO_APPROVE', 'opening', ['PREPARED'], ['approver']),
  ofBook('CALENDAR_TO_APPROVE', 'calendar', ['PROPOSED'], ['operator', 'approver']),
  ofBook('PROGRAMME_TO_ACTIVATE', 'programme', ['PUBLISHED'], ['approver']),
  ofBook('REPEAL_CORRECTION_TO_DECIDE', 'repealCorrection', ['PROPOSED'], ['approver']),
  ofBook('APPROPRIATION_RETURN_TO_DECIDE', 'appropriationReturn', ['PROPOSED'], ['finance_approver']),
  ofBook('MESSAGE_DEAD', 'message', ['DEAD'], ['operator']),
];

/** What waits for a caller: what its role has to do; auditors see what waits for any of the authorities. */
export const worksFor = (role: Role): readonly Work[] =>
  works.filter(({ roles, scope }) => roles.includes(role) || (role === 'auditor' && scope === 'book'));
