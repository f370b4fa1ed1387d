// drizzle's mirror of what the migrations produce (db/schema.sql is the truth; a test compares the two). Columns and
// types only: keys, checks and grants live in SQL. Money is bigint fen, a day is 'YYYY-MM-DD', an instant is an ISO string.
import type { Role } from '../schemas/access.js';
import type { BankMapping } from '../schemas/bank.js';
import type { Obstacle } from '../schemas/months.js';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  date,
  integer,
  json,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const books = pgTable(
  'books',
  {
    bookId: uuid('book_id').notNull(),
    code: text('code').notNull(),
    name: text('name').notNull(),
    divisionCode: text('division_code').notNull(),
    origin: text('origin').notNull(),
    openFrom: date('open_from', { mode: 'string' }).notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId] })],
);
export type Book = typeof books.$inferSelect;

export const bookHeads = pgTable(
  'book_heads',
  {
    bookId: uuid('book_id').notNull(),
    seq: bigint('seq', { mode: 'bigint' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    /** The batch that left the head where it stands. */
    batchId: uuid('batch_id'),
  },
  (t) => [primaryKey({ columns: [t.bookId] })],
);
export type BookHead = typeof bookHeads.$inferSelect;

export const accountKinds = pgTable(
  'account_kinds',
  {
    kind: text('kind').notNull(),
    measure: text('measure', { enum: ['MONEY', 'QUOTA'] }).notNull(),
    mayOverdraw: boolean('may_overdraw').notNull(),
    standsFor: text('stands_for').notNull(),
  },
  (t) => [primaryKey({ columns: [t.kind] })],
);
export type AccountKind = typeof accountKinds.$inferSelect;

export const postingKinds = pgTable(
  'posting_kinds',
  {
    posting: text('posting').notNull(),
    debitKind: text('debit_kind').notNull(),
    creditKind: text('credit_kind').notNull(),
    betweenFunds: boolean('between_funds')
      .notNull()
      .default(sql`false`),
  },
  (t) => [primaryKey({ columns: [t.posting, t.debitKind, t.creditKind] })],
);
export type PostingKind = typeof postingKinds.$inferSelect;

export const accounts = pgTable(
  'accounts',
  {
    bookId: uuid('book_id').notNull(),
    accountId: uuid('account_id').notNull(),
    code: text('code').notNull(),
    kind: text('kind').notNull(),
    fund: text('fund'),
    mayOverdraw: boolean('may_overdraw').notNull(),
    debitsFen: bigint('debits_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    creditsFen: bigint('credits_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    openedSeq: bigint('opened_seq', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.accountId] })],
);
export type Account = typeof accounts.$inferSelect;

export const entries = pgTable(
  'entries',
  {
    bookId: uuid('book_id').notNull(),
    seq: bigint('seq', { mode: 'bigint' }).notNull(),
    commandId: uuid('command_id').notNull(),
    kind: text('kind').notNull(),
    bookedOn: date('booked_on', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    memberId: uuid('member_id').notNull(),
    personId: uuid('person_id').notNull(),
    subjectId: uuid('subject_id'),
    requestDigest: bytea('request_digest').notNull(),
    approvalDigest: bytea('approval_digest'),
    programmeVersion: text('programme_version'),
    refusalCode: text('refusal_code'),
    reversesSeq: bigint('reverses_seq', { mode: 'bigint' }),
    debitAccountId: uuid('debit_account_id'),
    creditAccountId: uuid('credit_account_id'),
    amountFen: bigint('amount_fen', { mode: 'bigint' }),
    debitAfterFen: bigint('debit_after_fen', { mode: 'bigint' }),
    creditAfterFen: bigint('credit_after_fen', { mode: 'bigint' }),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.seq] })],
);
export type Entry = typeof entries.$inferSelect;

export const explanationWordings = pgTable(
  'explanation_wordings',
  {
    bookId: uuid('book_id').notNull(),
    wordingId: text('wording_id').notNull(),
    document: text('document').notNull(),
    article: text('article').notNull(),
    ruleZh: text('rule_zh').notNull(),
    ruleEn: text('rule_en').notNull(),
    decidedBy: text('decided_by'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.wordingId] })],
);

export const outcomes = pgTable(
  'outcomes',
  {
    bookId: uuid('book_id').notNull(),
    memberId: uuid('member_id').notNull(),
    key: text('key').notNull(),
    commandId: uuid('command_id').notNull(),
    verb: text('verb').notNull(),
    requestDigest: bytea('request_digest').notNull(),
    accepted: boolean('accepted').notNull(),
    body: json('body').notNull(),
    lastSeq: bigint('last_seq', { mode: 'bigint' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.memberId, t.key] })],
);
export type Outcome = typeof outcomes.$inferSelect;

export const persons = pgTable(
  'persons',
  {
    bookId: uuid('book_id').notNull(),
    personId: uuid('person_id').notNull(),
    name: text('name').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    sameAs: uuid('same_as'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.personId] })],
);
export type Person = typeof persons.$inferSelect;

export const personIdentities = pgTable(
  'person_identities',
  {
    bookId: uuid('book_id').notNull(),
    identityId: uuid('identity_id').notNull(),
    personId: uuid('person_id').notNull(),
    kind: text('kind', { enum: ['RESIDENT_ID', 'OIDC_SUBJECT'] }).notNull(),
    sealed: text('sealed').notNull(),
    fingerprint: text('fingerprint').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.identityId] })],
);
export type PersonIdentity = typeof personIdentities.$inferSelect;

export const personMerges = pgTable(
  'person_merges',
  {
    bookId: uuid('book_id').notNull(),
    mergeId: uuid('merge_id').notNull(),
    personId: uuid('person_id').notNull(),
    otherPersonId: uuid('other_person_id').notNull(),
    reason: text('reason').notNull(),
    digest: text('digest').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'WITHDRAWN'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.mergeId] })],
);
export type PersonMerge = typeof personMerges.$inferSelect;

export const delegations = pgTable(
  'delegations',
  {
    bookId: uuid('book_id').notNull(),
    delegationId: uuid('delegation_id').notNull(),
    delegatorId: uuid('delegator_id').notNull(),
    delegatorPerson: uuid('delegator_person').notNull(),
    delegateId: uuid('delegate_id').notNull(),
    delegatePerson: uuid('delegate_person').notNull(),
    verbs: jsonb('verbs').$type<readonly string[]>().notNull(),
    maximumFen: bigint('maximum_fen', { mode: 'bigint' }),
    fromDay: date('from_day', { mode: 'string' }).notNull(),
    toDay: date('to_day', { mode: 'string' }).notNull(),
    reason: text('reason').notNull(),
    revokedOn: date('revoked_on', { mode: 'string' }),
    revokedPerson: uuid('revoked_person'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.delegationId] })],
);
export type Delegation = typeof delegations.$inferSelect;

export const delegatedActs = pgTable(
  'delegated_acts',
  {
    bookId: uuid('book_id').notNull(),
    commandId: uuid('command_id').notNull(),
    delegationId: uuid('delegation_id').notNull(),
    subjectId: uuid('subject_id').notNull(),
    personId: uuid('person_id').notNull(),
    forPersonId: uuid('for_person_id').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.commandId] })],
);
export type DelegatedAct = typeof delegatedActs.$inferSelect;

export const firstApprovals = pgTable(
  'first_approvals',
  {
    bookId: uuid('book_id').notNull(),
    approvalId: uuid('approval_id').notNull(),
    subjectKind: text('subject_kind', { enum: ['APPLICATION', 'ALLOCATION', 'REDEMPTION', 'SETTLEMENT'] }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    digest: text('digest').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    aboveFen: bigint('above_fen', { mode: 'bigint' }).notNull(),
    doneBy: jsonb('done_by').$type<readonly string[]>().notNull(),
    personId: uuid('person_id').notNull(),
    forPersonId: uuid('for_person_id'),
    approvedOn: date('approved_on', { mode: 'string' }).notNull(),
    status: text('status', { enum: ['WAITING', 'COMPLETED', 'DIED'] }).notNull(),
    secondPerson: uuid('second_person'),
    secondForPerson: uuid('second_for_person'),
    secondOn: date('second_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.approvalId] })],
);
export type FirstApproval = typeof firstApprovals.$inferSelect;

export const members = pgTable(
  'members',
  {
    bookId: uuid('book_id').notNull(),
    memberId: uuid('member_id').notNull(),
    personId: uuid('person_id').notNull(),
    kind: text('kind', { enum: ['PERSON', 'MACHINE'] }).notNull(),
    role: text('role', {
      enum: [
        'enterprise',
        'provider',
        'district_reviewer',
        'reviewer',
        'approver',
        'expert',
        'finance',
        'finance_approver',
        'auditor',
        'operator',
      ],
    }).notNull(),
    legalPersonUscc: text('legal_person_uscc'),
    status: text('status', { enum: ['PROPOSED', 'ACTIVE', 'ENDED'] }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    customRole: text('custom_role'),
    keysSign: boolean('keys_sign').notNull(),
    registeredPerson: uuid('registered_person'),
    confirmedPerson: uuid('confirmed_person'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.memberId] })],
);
export type Member = typeof members.$inferSelect;

export const apiKeys = pgTable(
  'api_keys',
  {
    bookId: uuid('book_id').notNull(),
    keyId: uuid('key_id').notNull(),
    memberId: uuid('member_id').notNull(),
    prefix: text('prefix').notNull(),
    secretHash: text('secret_hash'),
    expiresOn: date('expires_on', { mode: 'string' }),
    revokedAt: timestamp('revoked_at', { withTimezone: true, mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    scope: jsonb('scope').$type<readonly string[]>(),
    successorId: uuid('successor_id'),
    publicKey: text('public_key'),
    issuedPerson: uuid('issued_person'),
    confirmedPerson: uuid('confirmed_person'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.keyId] })],
);
export type ApiKey = typeof apiKeys.$inferSelect;

export const signatureNonces = pgTable(
  'signature_nonces',
  {
    bookId: uuid('book_id').notNull(),
    keyId: uuid('key_id').notNull(),
    nonce: text('nonce').notNull(),
    until: timestamp('until', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.keyId, t.nonce] })],
);

export const keyUses = pgTable(
  'key_uses',
  {
    bookId: uuid('book_id').notNull(),
    keyId: uuid('key_id').notNull(),
    lastUsedOn: date('last_used_on', { mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.keyId] })],
);

export const enterprises = pgTable(
  'enterprises',
  {
    bookId: uuid('book_id').notNull(),
    enterpriseId: uuid('enterprise_id').notNull(),
    uscc: text('uscc').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['ENTERPRISE', 'INSTITUTION'] }).notNull(),
    sizeClass: text('size_class', { enum: ['LARGE', 'MEDIUM', 'SMALL', 'MICRO'] }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    establishedOn: date('established_on', { mode: 'string' }),
    closedOn: date('closed_on', { mode: 'string' }),
    successorUscc: text('successor_uscc'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.enterpriseId] })],
);
export type Enterprise = typeof enterprises.$inferSelect;

export const providers = pgTable(
  'providers',
  {
    bookId: uuid('book_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    uscc: text('uscc').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    name: text('name').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    closedOn: date('closed_on', { mode: 'string' }),
    successorUscc: text('successor_uscc'),
    /** The legal person that acts for it and is paid for it: its own, or who absorbed that. */
    actingUscc: text('acting_uscc').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.providerId] })],
);
export type Provider = typeof providers.$inferSelect;

export const legalPersonChanges = pgTable(
  'legal_person_changes',
  {
    bookId: uuid('book_id').notNull(),
    changeId: uuid('change_id').notNull(),
    uscc: text('uscc').notNull(),
    kind: text('kind', { enum: ['NAME', 'MERGER', 'SPLIT', 'CLOSURE'] }).notNull(),
    effectiveOn: date('effective_on', { mode: 'string' }).notNull(),
    content: json('content').notNull(),
    documentNo: text('document_no').notNull(),
    reason: text('reason').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'WITHDRAWN'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    /** The decision in the ledger. */
    decisionId: uuid('decision_id'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.changeId] })],
);
export type LegalPersonChange = typeof legalPersonChanges.$inferSelect;

export const formerNames = pgTable(
  'former_names',
  {
    bookId: uuid('book_id').notNull(),
    formerNameId: uuid('former_name_id').notNull(),
    uscc: text('uscc').notNull(),
    name: text('name').notNull(),
    lastDay: date('last_day', { mode: 'string' }).notNull(),
    changeId: uuid('change_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.formerNameId] })],
);
export type FormerName = typeof formerNames.$inferSelect;

export const limitSuccessions = pgTable(
  'limit_successions',
  {
    bookId: uuid('book_id').notNull(),
    limitSuccessionId: uuid('limit_succession_id').notNull(),
    changeId: uuid('change_id').notNull(),
    why: text('why', { enum: ['CARRIED', 'GIVEN', 'FOUNDED'] }).notNull(),
    account: text('account').notNull(),
    holder: text('holder').notNull(),
    span: text('span').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    usedAfterFen: bigint('used_after_fen', { mode: 'bigint' }).notNull(),
    fromHolder: text('from_holder'),
    fromSpan: text('from_span'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.limitSuccessionId] })],
);
export type LimitSuccession = typeof limitSuccessions.$inferSelect;

export const facilities = pgTable(
  'facilities',
  {
    bookId: uuid('book_id').notNull(),
    facilityId: uuid('facility_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['SUPERCOMPUTING', 'AI_COMPUTING', 'DATA_CENTER'] }).notNull(),
    ownerUscc: text('owner_uscc').notNull(),
    operatorUscc: text('operator_uscc').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.facilityId] })],
);
export type Facility = typeof facilities.$inferSelect;

/** Cards of one chip, as an observation states them. */
export interface InstalledCards {
  readonly vendor: string;
  readonly model: string;
  readonly cards: number;
}

export const facilityObservations = pgTable(
  'facility_observations',
  {
    bookId: uuid('book_id').notNull(),
    observationId: uuid('observation_id').notNull(),
    facilityId: uuid('facility_id').notNull(),
    observedOn: date('observed_on', { mode: 'string' }).notNull(),
    inService: boolean('in_service').notNull(),
    pflops: numeric('pflops', { precision: 12, scale: 2 }),
    precision: text('precision'),
    standardRacks: integer('standard_racks'),
    evidence: text('evidence').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    installedCards: json('installed_cards').$type<readonly InstalledCards[]>(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.observationId] })],
);
export type FacilityObservation = typeof facilityObservations.$inferSelect;

export const listings = pgTable(
  'listings',
  {
    bookId: uuid('book_id').notNull(),
    listingId: uuid('listing_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    serviceItem: text('service_item', {
      enum: ['AI_COMPUTE', 'SUPERCOMPUTE', 'GENERAL_COMPUTE', 'STORAGE', 'NETWORK', 'SECURITY'],
    }).notNull(),
    batchNo: text('batch_no').notNull(),
    documentNo: text('document_no').notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    validTo: date('valid_to', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    suspensions: jsonb('suspensions').$type<readonly { from: string; to: string | null }[]>().notNull(),
    applicationId: uuid('application_id'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.listingId] })],
);
export type Listing = typeof listings.$inferSelect;

/** What a provider is selected by; points null: up to 100. */
export interface SelectionCriterion {
  readonly id: string;
  readonly name: { readonly zh: string; readonly en: string };
  readonly points: number | null;
}

export const listingApplications = pgTable(
  'listing_applications',
  {
    bookId: uuid('book_id').notNull(),
    applicationId: uuid('application_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    serviceItem: text('service_item', {
      enum: ['AI_COMPUTE', 'SUPERCOMPUTE', 'GENERAL_COMPUTE', 'STORAGE', 'NETWORK', 'SECURITY'],
    }).notNull(),
    batchNo: text('batch_no').notNull(),
    evidence: jsonb('evidence').$type<Readonly<Record<string, string>>>().notNull(),
    programmeVersionId: uuid('programme_version_id'),
    criteria: jsonb('criteria').$type<readonly SelectionCriterion[]>().notNull(),
    status: text('status', {
      enum: ['DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'SUPPLEMENT_REQUESTED', 'PUBLIC_NOTICE', 'LISTED', 'REJECTED', 'WITHDRAWN'],
    }).notNull(),
    /** Whoever put it on public notice; another person lists. */
    reviewedPerson: uuid('reviewed_person'),
    noticeFrom: date('notice_from', { mode: 'string' }),
    noticeTo: date('notice_to', { mode: 'string' }),
    listingId: uuid('listing_id'),
    listedPerson: uuid('listed_person'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.applicationId] })],
);
export type ListingApplication = typeof listingApplications.$inferSelect;

export const listingSteps = pgTable(
  'listing_steps',
  {
    bookId: uuid('book_id').notNull(),
    stepId: uuid('step_id').notNull(),
    applicationId: uuid('application_id').notNull(),
    stepNo: integer('step_no').notNull(),
    verb: text('verb').notNull(),
    status: text('status').notNull(),
    reason: text('reason'),
    detail: json('detail').$type<Readonly<Record<string, unknown>>>().notNull(),
    person: uuid('person').notNull(),
    takenOn: date('taken_on', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.stepId] })],
);
export type ListingStep = typeof listingSteps.$inferSelect;

export const listingScores = pgTable(
  'listing_scores',
  {
    bookId: uuid('book_id').notNull(),
    scoreId: uuid('score_id').notNull(),
    applicationId: uuid('application_id').notNull(),
    criterion: text('criterion').notNull(),
    score: integer('score').notNull(),
    evidence: text('evidence').notNull(),
    scoredPerson: uuid('scored_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.scoreId] })],
);
export type ListingScore = typeof listingScores.$inferSelect;

export const listingMeasures = pgTable(
  'listing_measures',
  {
    bookId: uuid('book_id').notNull(),
    measureId: uuid('measure_id').notNull(),
    listingId: uuid('listing_id').notNull(),
    kind: text('kind', { enum: ['SUSPENSION', 'RESUMPTION', 'DELISTING'] }).notNull(),
    effectiveFrom: date('effective_from', { mode: 'string' }).notNull(),
    effectiveTo: date('effective_to', { mode: 'string' }),
    reason: text('reason').notNull(),
    documentNo: text('document_no').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'WITHDRAWN'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.measureId] })],
);
export type ListingMeasure = typeof listingMeasures.$inferSelect;

export const chips = pgTable(
  'chips',
  {
    bookId: uuid('book_id').notNull(),
    chipId: uuid('chip_id').notNull(),
    vendor: text('vendor').notNull(),
    model: text('model').notNull(),
    origin: text('origin', { enum: ['DOMESTIC', 'NON_DOMESTIC'] }).notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    source: text('source').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.chipId] })],
);
export type Chip = typeof chips.$inferSelect;

export const payeeAccounts = pgTable(
  'payee_accounts',
  {
    bookId: uuid('book_id').notNull(),
    payeeAccountId: uuid('payee_account_id').notNull(),
    providerId: uuid('provider_id'),
    holderName: text('holder_name').notNull(),
    bankName: text('bank_name').notNull(),
    bankCode: text('bank_code').notNull(),
    accountNoSealed: text('account_no_sealed').notNull(),
    accountNoLast4: text('account_no_last4').notNull(),
    accountFingerprint: text('account_fingerprint').notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    enterpriseId: uuid('enterprise_id'),
    /** The first account stands as recorded; a change takes two persons and a wait; BEFORE: recorded when it took one. */
    how: text('how', { enum: ['FIRST', 'CHANGE', 'BEFORE'] }).notNull(),
    status: text('status', { enum: ['PROPOSED', 'CONFIRMED', 'OBJECTED', 'WITHDRAWN', 'REJECTED'] }).notNull(),
    /** The first day on which it is paid on. */
    usableFrom: date('usable_from', { mode: 'string' }),
    proposedPerson: uuid('proposed_person'),
    confirmedPerson: uuid('confirmed_person'),
    confirmedOn: date('confirmed_on', { mode: 'string' }),
    /** Whether payments go on to the account before during the wait. */
    formerHolds: boolean('former_holds'),
    waitId: uuid('wait_id'),
    /** Working days. */
    waitedDays: integer('waited_days'),
    objectedPerson: uuid('objected_person'),
    objectedOn: date('objected_on', { mode: 'string' }),
    objectionReason: text('objection_reason'),
    dismissedPerson: uuid('dismissed_person'),
    endedPerson: uuid('ended_person'),
    endedOn: date('ended_on', { mode: 'string' }),
    endReason: text('end_reason'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.payeeAccountId] })],
);
export type PayeeAccount = typeof payeeAccounts.$inferSelect;

export const payeeAccountWaits = pgTable(
  'payee_account_waits',
  {
    bookId: uuid('book_id').notNull(),
    waitId: uuid('wait_id').notNull(),
    workingDays: integer('working_days').notNull(),
    documentNo: text('document_no').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'WITHDRAWN'] }).notNull(),
    revision: integer('revision'),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.waitId] })],
);
export type PayeeAccountWait = typeof payeeAccountWaits.$inferSelect;

export const programmeVersions = pgTable(
  'programme_versions',
  {
    bookId: uuid('book_id').notNull(),
    programmeVersionId: uuid('programme_version_id').notNull(),
    programmeCode: text('programme_code').notNull(),
    version: integer('version').notNull(),
    name: text('name').notNull(),
    legalStatus: text('legal_status', { enum: ['DRAFT', 'ENACTED', 'REPEALED'] }).notNull(),
    status: text('status', { enum: ['PUBLISHED', 'ACTIVE', 'REPEALED'] }).notNull(),
    document: text('document').notNull(),
    digest: text('digest').notNull(),
    inForceFrom: date('in_force_from', { mode: 'string' }),
    inForceTo: date('in_force_to', { mode: 'string' }),
    publishedBy: uuid('published_by').notNull(),
    activatedBy: uuid('activated_by'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    activatedAt: timestamp('activated_at', { withTimezone: true, mode: 'string' }),
    kind: text('kind', { enum: ['PROGRAMME', 'GENERAL_CONTROLS'] }).notNull(),
    repealedBy: uuid('repealed_by'),
    repealedAt: timestamp('repealed_at', { withTimezone: true, mode: 'string' }),
    repealingDocument: text('repealing_document'),
    repealId: uuid('repeal_id'),
    twoApproversAbove: jsonb('two_approvers_above').$type<readonly { readonly from: string; readonly above: string | null }[]>(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.programmeVersionId] })],
);
export type ProgrammeVersion = typeof programmeVersions.$inferSelect;

export const repealCorrections = pgTable(
  'repeal_corrections',
  {
    bookId: uuid('book_id').notNull(),
    correctionId: uuid('correction_id').notNull(),
    programmeVersionId: uuid('programme_version_id').notNull(),
    repealId: uuid('repeal_id').notNull(),
    lastDay: date('last_day', { mode: 'string' }).notNull(),
    documentNo: text('document_no').notNull(),
    repealedPerson: uuid('repealed_person').notNull(),
    repealedAt: timestamp('repealed_at', { withTimezone: true, mode: 'string' }).notNull(),
    restoredTo: date('restored_to', { mode: 'string' }),
    reason: text('reason').notNull(),
    contentDigest: text('content_digest').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'DROPPED'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.correctionId] })],
);
export type RepealCorrection = typeof repealCorrections.$inferSelect;

export const appropriations = pgTable(
  'appropriations',
  {
    bookId: uuid('book_id').notNull(),
    appropriationId: uuid('appropriation_id').notNull(),
    programmeCode: text('programme_code').notNull(),
    year: integer('year').notNull(),
    funder: text('funder').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    documentNo: text('document_no').notNull(),
    loadedOn: date('loaded_on', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.appropriationId] })],
);
export type Appropriation = typeof appropriations.$inferSelect;

export const appropriationReturns = pgTable(
  'appropriation_returns',
  {
    bookId: uuid('book_id').notNull(),
    returnId: uuid('return_id').notNull(),
    programmeCode: text('programme_code').notNull(),
    year: integer('year').notNull(),
    funder: text('funder'),
    carryOver: boolean('carry_over').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    documentNo: text('document_no').notNull(),
    contentDigest: text('content_digest').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'DROPPED'] }).notNull(),
    /** What each funder got back, in fen; empty until it is approved. */
    parts: jsonb('parts').$type<readonly { funder: string; fen: string }[]>().notNull().default([]),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.returnId] })],
);
export type AppropriationReturn = typeof appropriationReturns.$inferSelect;

export const calendarYears = pgTable(
  'calendar_years',
  {
    bookId: uuid('book_id').notNull(),
    calendarYearId: uuid('calendar_year_id').notNull(),
    year: integer('year').notNull(),
    version: integer('version').notNull(),
    holidays: jsonb('holidays').$type<readonly string[]>().notNull(),
    workingDays: jsonb('working_days').$type<readonly string[]>().notNull(),
    documentNo: text('document_no').notNull(),
    source: text('source').notNull(),
    status: text('status', { enum: ['PROPOSED', 'PUBLISHED', 'SUPERSEDED'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    publishedPerson: uuid('published_person'),
    publishedOn: date('published_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.calendarYearId] })],
);
export type CalendarYear = typeof calendarYears.$inferSelect;

export const legalPersonClasses = pgTable(
  'legal_person_classes',
  {
    bookId: uuid('book_id').notNull(),
    classRecordId: uuid('class_record_id').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    class: text('class').notNull(),
    holds: boolean('holds').notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    validTo: date('valid_to', { mode: 'string' }),
    documentNo: text('document_no').notNull(),
    revision: integer('revision').notNull(),
    recordedPerson: uuid('recorded_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.classRecordId] })],
);
export type LegalPersonClass = typeof legalPersonClasses.$inferSelect;

export const relatedParties = pgTable(
  'related_parties',
  {
    bookId: uuid('book_id').notNull(),
    relationId: uuid('relation_id').notNull(),
    firstUscc: text('first_uscc').notNull(),
    secondUscc: text('second_uscc').notNull(),
    holds: boolean('holds').notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    validTo: date('valid_to', { mode: 'string' }),
    source: text('source').notNull(),
    revision: integer('revision').notNull(),
    recordedPerson: uuid('recorded_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.relationId] })],
);
export type RelatedParties = typeof relatedParties.$inferSelect;

export const figures = pgTable(
  'figures',
  {
    bookId: uuid('book_id').notNull(),
    figureId: uuid('figure_id').notNull(),
    kind: text('kind', { enum: ['DISTRICT_CONTRIBUTION', 'AUDITED_INVESTMENT', 'UPSTREAM_SUPPORT'] }).notNull(),
    holder: text('holder').notNull(),
    year: integer('year'),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    provisional: boolean('provisional').notNull(),
    documentNo: text('document_no').notNull(),
    revision: integer('revision').notNull(),
    recordedPerson: uuid('recorded_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.figureId] })],
);
export type Figure = typeof figures.$inferSelect;

export const matters = pgTable(
  'matters',
  {
    bookId: uuid('book_id').notNull(),
    matterId: uuid('matter_id').notNull(),
    kind: text('kind', { enum: ['PROJECT', 'PRODUCT', 'STANDARD', 'AWARD_SERIES'] }).notNull(),
    code: text('code').notNull(),
    /** What limits and figures know it by. */
    holder: text('holder').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.matterId] })],
);
export type Matter = typeof matters.$inferSelect;

export const matterRegistrations = pgTable(
  'matter_registrations',
  {
    bookId: uuid('book_id').notNull(),
    registrationId: uuid('registration_id').notNull(),
    kind: text('kind', { enum: ['PROJECT', 'PRODUCT', 'STANDARD', 'AWARD_SERIES'] }).notNull(),
    code: text('code').notNull(),
    name: text('name').notNull(),
    documentNo: text('document_no').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    status: text('status', { enum: ['REGISTERED', 'CONFIRMED', 'REJECTED', 'ENDED'] }).notNull(),
    holder: text('holder'),
    registeredPerson: uuid('registered_person').notNull(),
    confirmedPerson: uuid('confirmed_person'),
    confirmedOn: date('confirmed_on', { mode: 'string' }),
    closedPerson: uuid('closed_person'),
    closedOn: date('closed_on', { mode: 'string' }),
    reason: text('reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.registrationId] })],
);
export type MatterRegistration = typeof matterRegistrations.$inferSelect;

export const evidenceFiles = pgTable(
  'evidence_files',
  {
    bookId: uuid('book_id').notNull(),
    evidenceFileId: uuid('evidence_file_id').notNull(),
    kind: text('kind', {
      enum: [
        'APPLICATION_FORM',
        'BUSINESS_LICENCE',
        'CONTRACT',
        'INVOICE',
        'PAYMENT_PROOF',
        'USAGE_STATEMENT',
        'PROJECT_NOTE',
        'NO_DUPLICATE_FUNDING_STATEMENT',
        'COMMITMENT_LETTER',
        'CREDIT_REPORT',
        'LISTING_PROOF',
        'FACILITY_EVIDENCE',
        'AUDIT_REPORT',
        'OTHER',
      ],
    }).notNull(),
    name: text('name').notNull(),
    format: text('format', { enum: ['PDF', 'OFD', 'XML', 'JPEG', 'PNG', 'XLSX', 'DOCX', 'CSV', 'TXT'] }).notNull(),
    mediaType: text('media_type').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'bigint' }).notNull(),
    sha256: text('sha256').notNull(),
    sm3: text('sm3').notNull(),
    digitalInvoice: json('digital_invoice'),
    uploadedPerson: uuid('uploaded_person').notNull(),
    uploaderRole: text('uploader_role').notNull(),
    legalPersonUscc: text('legal_person_uscc'),
    uploadedOn: date('uploaded_on', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.evidenceFileId] })],
);
export type EvidenceFile = typeof evidenceFiles.$inferSelect;

export const evidenceAttachments = pgTable(
  'evidence_attachments',
  {
    bookId: uuid('book_id').notNull(),
    attachmentId: uuid('attachment_id').notNull(),
    evidenceFileId: uuid('evidence_file_id').notNull(),
    subjectKind: text('subject_kind', {
      enum: [
        'CONTRACT',
        'APPLICATION',
        'REIMBURSEMENT',
        'USAGE_INVOICE',
        'PAYMENT',
        'RED_LETTER',
        'OBJECTION',
        'RECOVERY',
        'LISTING',
        'LISTING_APPLICATION',
        'FACILITY_OBSERVATION',
        'PAYEE_ACCOUNT',
      ],
    }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    /** The parties to the thing, who see it. */
    providerId: uuid('provider_id'),
    enterpriseId: uuid('enterprise_id'),
    /** Where a digital invoice differs from what was typed; null where nothing was compared. */
    findings: json('findings'),
    attachedPerson: uuid('attached_person').notNull(),
    attachedOn: date('attached_on', { mode: 'string' }).notNull(),
    detachedPerson: uuid('detached_person'),
    detachedOn: date('detached_on', { mode: 'string' }),
    detachReason: text('detach_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.attachmentId] })],
);
export type EvidenceAttachment = typeof evidenceAttachments.$inferSelect;

export const limitExceptions = pgTable(
  'limit_exceptions',
  {
    bookId: uuid('book_id').notNull(),
    exceptionId: uuid('exception_id').notNull(),
    programmeCode: text('programme_code').notNull(),
    limitId: text('limit_id').notNull(),
    /** The name of the limit in the ledger. */
    account: text('account').notNull(),
    holder: text('holder').notNull(),
    span: text('span').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    reason: text('reason').notNull(),
    status: text('status', { enum: ['ASKED', 'APPROVED', 'REJECTED'] }).notNull(),
    askedPerson: uuid('asked_person').notNull(),
    askedOn: date('asked_on', { mode: 'string' }).notNull(),
    approvedPerson: uuid('approved_person'),
    approvedOn: date('approved_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    rejectedPerson: uuid('rejected_person'),
    rejectedOn: date('rejected_on', { mode: 'string' }),
    rejectionReason: text('rejection_reason'),
    followsId: uuid('follows_id'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.exceptionId] })],
);
export type LimitException = typeof limitExceptions.$inferSelect;

export const limitFirstYears = pgTable(
  'limit_first_years',
  {
    bookId: uuid('book_id').notNull(),
    firstYearId: text('first_year_id').notNull(),
    account: text('account').notNull(),
    holder: text('holder').notNull(),
    firstYear: integer('first_year').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.firstYearId] })],
);
export type LimitFirstYear = typeof limitFirstYears.$inferSelect;

export const numberSeries = pgTable(
  'number_series',
  {
    bookId: uuid('book_id').notNull(),
    series: text('series').notNull(),
    last: bigint('last', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.series] })],
);
export type NumberSeries = typeof numberSeries.$inferSelect;

export const contracts = pgTable(
  'contracts',
  {
    bookId: uuid('book_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    contractNo: text('contract_no').notNull(),
    enterpriseId: uuid('enterprise_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    signedOn: date('signed_on', { mode: 'string' }).notNull(),
    startsOn: date('starts_on', { mode: 'string' }).notNull(),
    endsOn: date('ends_on', { mode: 'string' }).notNull(),
    purpose: text('purpose', { enum: ['MODEL_RESEARCH', 'PRODUCT_DEVELOPMENT', 'SCENARIO_APPLICATION'] }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
    fingerprint: text('fingerprint').notNull(),
    status: text('status', {
      enum: ['SUBMITTED', 'CONFIRMED', 'FILED', 'AMENDED', 'COMPLETED', 'TERMINATED', 'VOIDED', 'WITHDRAWN', 'REJECTED'],
    }).notNull(),
    submittedSide: text('submitted_side', { enum: ['enterprise', 'provider'] }).notNull(),
    submittedPerson: uuid('submitted_person').notNull(),
    confirmedPerson: uuid('confirmed_person'),
    filedPerson: uuid('filed_person'),
    filingNo: text('filing_no'),
    filedOn: date('filed_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    version: integer('version')
      .notNull()
      .default(sql`1`),
    lastDay: date('last_day', { mode: 'string' }),
    endedOn: date('ended_on', { mode: 'string' }),
    endedPerson: uuid('ended_person'),
    endReason: text('end_reason'),
    /** Whose it was before, oldest first; `until` is the first day of the next. */
    formerly: jsonb('formerly')
      .$type<readonly { enterpriseId: string; legalPersonUscc: string; until: string; decisionId: string }[]>()
      .notNull(),
    /** Flags on it that are open or upheld. */
    holdingFlags: integer('holding_flags')
      .notNull()
      .default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.contractId] })],
);
export type Contract = typeof contracts.$inferSelect;

export const contractDrafts = pgTable(
  'contract_drafts',
  {
    bookId: uuid('book_id').notNull(),
    contractDraftId: uuid('contract_draft_id').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    side: text('side', { enum: ['enterprise', 'provider'] }).notNull(),
    content: json('content').notNull(),
    status: text('status', { enum: ['DRAFT', 'SUBMITTED', 'DISCARDED'] }).notNull(),
    draftedPerson: uuid('drafted_person').notNull(),
    endedOn: date('ended_on', { mode: 'string' }),
    endedPerson: uuid('ended_person'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.contractDraftId] })],
);
export type ContractDraft = typeof contractDrafts.$inferSelect;

export const contractAmendments = pgTable(
  'contract_amendments',
  {
    bookId: uuid('book_id').notNull(),
    amendmentId: uuid('amendment_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    enterpriseId: uuid('enterprise_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    version: integer('version').notNull(),
    signedOn: date('signed_on', { mode: 'string' }).notNull(),
    startsOn: date('starts_on', { mode: 'string' }).notNull(),
    endsOn: date('ends_on', { mode: 'string' }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
    reason: text('reason').notNull(),
    lines: json('lines').notNull(),
    fingerprint: text('fingerprint').notNull(),
    contentDigest: text('content_digest').notNull(),
    status: text('status', { enum: ['PROPOSED', 'CONFIRMED', 'FILED', 'WITHDRAWN', 'REJECTED'] }).notNull(),
    proposedSide: text('proposed_side', { enum: ['enterprise', 'provider'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    confirmedPerson: uuid('confirmed_person'),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.amendmentId] })],
);
export type ContractAmendment = typeof contractAmendments.$inferSelect;

export const contractVersions = pgTable(
  'contract_versions',
  {
    bookId: uuid('book_id').notNull(),
    contractVersionId: uuid('contract_version_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    version: integer('version').notNull(),
    signedOn: date('signed_on', { mode: 'string' }).notNull(),
    startsOn: date('starts_on', { mode: 'string' }).notNull(),
    endsOn: date('ends_on', { mode: 'string' }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
    fingerprint: text('fingerprint').notNull(),
    contentDigest: text('content_digest').notNull(),
    filedOn: date('filed_on', { mode: 'string' }).notNull(),
    supersededOn: date('superseded_on', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.contractVersionId] })],
);
export type ContractVersion = typeof contractVersions.$inferSelect;

export const contractVersionLines = pgTable(
  'contract_version_lines',
  {
    bookId: uuid('book_id').notNull(),
    contractVersionLineId: uuid('contract_version_line_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    version: integer('version').notNull(),
    contractLineId: uuid('contract_line_id').notNull(),
    quantity: numeric('quantity', { precision: 18, scale: 4 }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.contractVersionLineId] })],
);
export type ContractVersionLine = typeof contractVersionLines.$inferSelect;

export const contractLines = pgTable(
  'contract_lines',
  {
    bookId: uuid('book_id').notNull(),
    contractLineId: uuid('contract_line_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    lineNo: integer('line_no').notNull(),
    description: text('description').notNull(),
    serviceItem: text('service_item', {
      enum: ['AI_COMPUTE', 'SUPERCOMPUTE', 'GENERAL_COMPUTE', 'STORAGE', 'NETWORK', 'SECURITY'],
    }).notNull(),
    facilityId: uuid('facility_id').notNull(),
    chipId: uuid('chip_id'),
    chipOrigin: text('chip_origin', { enum: ['DOMESTIC', 'NON_DOMESTIC'] }),
    unit: text('unit', { enum: ['CARD_HOUR', 'CORE_HOUR', 'MONTH', 'ITEM'] }).notNull(),
    quantity: numeric('quantity', { precision: 18, scale: 4 }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
    modelClass: text('model_class'),
    modelRegistrationNo: text('model_registration_no'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.contractLineId] })],
);
export type ContractLine = typeof contractLines.$inferSelect;

export const applications = pgTable(
  'applications',
  {
    bookId: uuid('book_id').notNull(),
    applicationId: uuid('application_id').notNull(),
    applicationNo: text('application_no').notNull(),
    programmeCode: text('programme_code').notNull(),
    programmeVersionId: uuid('programme_version_id').notNull(),
    enterpriseId: uuid('enterprise_id').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    contractId: uuid('contract_id').notNull(),
    purpose: text('purpose').notNull(),
    contentDigest: text('content_digest').notNull(),
    status: text('status', {
      enum: [
        'DRAFT',
        'SUBMITTED',
        'SUPPLEMENT_REQUESTED',
        'ACCEPTED',
        'CHECKED',
        'EXPERT_REVIEW',
        'REVIEWED',
        'IN_PUBLIC_NOTICE',
        'OBJECTION_PENDING',
        'APPROVED',
        'REJECTED',
        'WITHDRAWN',
      ],
    }).notNull(),
    submittedOn: date('submitted_on', { mode: 'string' }).notNull(),
    submittedPerson: uuid('submitted_person').notNull(),
    eligibility: jsonb('eligibility'),
    reviewedPerson: uuid('reviewed_person'),
    reviewDigest: text('review_digest'),
    maximumFen: bigint('maximum_fen', { mode: 'bigint' }),
    decidedPerson: uuid('decided_person'),
    decisionReason: text('decision_reason'),
    awardFen: bigint('award_fen', { mode: 'bigint' }),
    computedFen: bigint('computed_fen', { mode: 'bigint' }),
    explanation: json('explanation'),
    voucherId: uuid('voucher_id'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    queueRank: integer('queue_rank'),
    queueBlock: bigint('queue_block', { mode: 'bigint' }),
    matters: jsonb('matters')
      .notNull()
      .default(sql`'{}'`),
    controlVersionIds: jsonb('control_version_ids')
      .notNull()
      .default(sql`'[]'`),
    draft: json('draft'),
    acceptedAt: timestamp('accepted_at', { withTimezone: true, mode: 'string' }),
    acceptedPlace: bigint('accepted_place', { mode: 'bigint' }),
    acceptedPerson: uuid('accepted_person'),
    checkedPerson: uuid('checked_person'),
    answersDigest: text('answers_digest'),
    panelId: uuid('panel_id'),
    scoresDigest: text('scores_digest'),
    noticeDays: integer('notice_days'),
    noticeId: uuid('notice_id'),
    noticeLastDay: date('notice_last_day', { mode: 'string' }),
    noticeDaysLeft: integer('notice_days_left'),
    decisionArticle: text('decision_article'),
    waitingSince: date('waiting_since', { mode: 'string' }),
    dueOn: date('due_on', { mode: 'string' }),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.applicationId] })],
);
export type Application = typeof applications.$inferSelect;

export const supplementLists = pgTable(
  'supplement_lists',
  {
    bookId: uuid('book_id').notNull(),
    listId: uuid('list_id').notNull(),
    subjectKind: text('subject_kind', { enum: ['APPLICATION', 'REIMBURSEMENT'] }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    round: integer('round').notNull(),
    items: json('items').notNull(),
    workingDays: integer('working_days').notNull(),
    askedOn: date('asked_on', { mode: 'string' }).notNull(),
    askedPerson: uuid('asked_person').notNull(),
    dueOn: date('due_on', { mode: 'string' }).notNull(),
    answers: json('answers'),
    answeredOn: date('answered_on', { mode: 'string' }),
    answeredPerson: uuid('answered_person'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.listId] })],
);
export type SupplementList = typeof supplementLists.$inferSelect;

export const expertPanels = pgTable(
  'expert_panels',
  {
    bookId: uuid('book_id').notNull(),
    panelId: uuid('panel_id').notNull(),
    subjectKind: text('subject_kind', { enum: ['APPLICATION', 'REIMBURSEMENT'] }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    caseNo: text('case_no').notNull(),
    programmeCode: text('programme_code').notNull(),
    experts: integer('experts').notNull(),
    criteria: json('criteria').notNull(),
    parties: json('parties').notNull(),
    brief: json('brief').notNull(),
    assignedPerson: uuid('assigned_person').notNull(),
    assignedOn: date('assigned_on', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.panelId] })],
);
export type ExpertPanel = typeof expertPanels.$inferSelect;

export const expertAssignments = pgTable(
  'expert_assignments',
  {
    bookId: uuid('book_id').notNull(),
    assignmentId: uuid('assignment_id').notNull(),
    panelId: uuid('panel_id').notNull(),
    memberId: uuid('member_id').notNull(),
    personId: uuid('person_id').notNull(),
    status: text('status', { enum: ['ASSIGNED', 'DECLARED', 'SCORED', 'CONFLICTED', 'DISMISSED', 'ENDED'] }).notNull(),
    conflict: text('conflict'),
    scores: json('scores'),
    points: integer('points'),
    opinion: text('opinion'),
    dismissedPerson: uuid('dismissed_person'),
    dismissalReason: text('dismissal_reason'),
    waitingSince: date('waiting_since', { mode: 'string' }),
    dueOn: date('due_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    doubts: json('doubts'),
    explanation: text('explanation'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.assignmentId] })],
);
export type ExpertAssignment = typeof expertAssignments.$inferSelect;

export const publicNotices = pgTable(
  'public_notices',
  {
    bookId: uuid('book_id').notNull(),
    noticeId: uuid('notice_id').notNull(),
    noticeNo: text('notice_no').notNull(),
    title: text('title').notNull(),
    firstDay: date('first_day', { mode: 'string' }).notNull(),
    lastDay: date('last_day', { mode: 'string' }).notNull(),
    workingDays: integer('working_days').notNull(),
    lineCount: integer('line_count').notNull(),
    totalFen: bigint('total_fen', { mode: 'bigint' }).notNull(),
    contentDigest: text('content_digest').notNull(),
    publishedPerson: uuid('published_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.noticeId] })],
);
export type PublicNotice = typeof publicNotices.$inferSelect;

export const noticeItems = pgTable(
  'notice_items',
  {
    bookId: uuid('book_id').notNull(),
    noticeItemId: uuid('notice_item_id').notNull(),
    noticeId: uuid('notice_id').notNull(),
    lineNo: integer('line_no').notNull(),
    subjectKind: text('subject_kind', { enum: ['APPLICATION', 'REIMBURSEMENT'] }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    caseNo: text('case_no').notNull(),
    programmeCode: text('programme_code').notNull(),
    shownName: text('shown_name').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    reviewDigest: text('review_digest').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.noticeItemId] })],
);
export type NoticeItem = typeof noticeItems.$inferSelect;

export const objections = pgTable(
  'objections',
  {
    bookId: uuid('book_id').notNull(),
    objectionId: uuid('objection_id').notNull(),
    objectionNo: text('objection_no').notNull(),
    noticeId: uuid('notice_id').notNull(),
    noticeItemId: uuid('notice_item_id').notNull(),
    subjectKind: text('subject_kind', { enum: ['APPLICATION', 'REIMBURSEMENT'] }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    nameSealed: text('name_sealed').notNull(),
    contactSealed: text('contact_sealed').notNull(),
    content: text('content').notNull(),
    receivedOn: date('received_on', { mode: 'string' }).notNull(),
    status: text('status', { enum: ['OPEN', 'UPHELD', 'DISMISSED'] }).notNull(),
    reviewedPerson: uuid('reviewed_person').notNull(),
    publishedPerson: uuid('published_person').notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.objectionId] })],
);
export type Objection = typeof objections.$inferSelect;

export const applicationQueues = pgTable(
  'application_queues',
  {
    bookId: uuid('book_id').notNull(),
    queueId: text('queue_id').notNull(),
    programmeCode: text('programme_code').notNull(),
    queueRank: integer('queue_rank').notNull(),
    queueBlock: bigint('queue_block', { mode: 'bigint' }).notNull(),
    state: text('state', { enum: ['WAITING', 'EMPTY'] }).notNull(),
    waiting: integer('waiting').notNull(),
    maximumFen: bigint('maximum_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.queueId] })],
);
export type ApplicationQueue = typeof applicationQueues.$inferSelect;

export const vouchers = pgTable(
  'vouchers',
  {
    bookId: uuid('book_id').notNull(),
    voucherId: uuid('voucher_id').notNull(),
    voucherNo: text('voucher_no').notNull(),
    programmeCode: text('programme_code').notNull(),
    programmeVersionId: uuid('programme_version_id').notNull(),
    enterpriseId: uuid('enterprise_id').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    contractId: uuid('contract_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    applicationId: uuid('application_id'),
    fund: text('fund').notNull(),
    faceFen: bigint('face_fen', { mode: 'bigint' }).notNull(),
    reservedFen: bigint('reserved_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    appliedOn: date('applied_on', { mode: 'string' }).notNull(),
    issuedOn: date('issued_on', { mode: 'string' }).notNull(),
    lastDay: date('last_day', { mode: 'string' }).notNull(),
    status: text('status', {
      enum: ['ISSUED', 'ACTIVE', 'PARTIALLY_REDEEMED', 'FULLY_REDEEMED', 'FROZEN', 'EXPIRED', 'CANCELLED', 'REVOKED'],
    }).notNull(),
    frozenFrom: text('frozen_from', { enum: ['ISSUED', 'ACTIVE', 'PARTIALLY_REDEEMED'] }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    matters: jsonb('matters')
      .notNull()
      .default(sql`'{}'`),
    controlVersionIds: jsonb('control_version_ids')
      .notNull()
      .default(sql`'[]'`),
    lapsedFen: bigint('lapsed_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    givenBackFen: bigint('given_back_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    endedOn: date('ended_on', { mode: 'string' }),
    activateBy: date('activate_by', { mode: 'string' }),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.voucherId] })],
);
export type Voucher = typeof vouchers.$inferSelect;

export const voucherEndings = pgTable(
  'voucher_endings',
  {
    bookId: uuid('book_id').notNull(),
    endingId: uuid('ending_id').notNull(),
    voucherId: uuid('voucher_id').notNull(),
    why: text('why', { enum: ['EXPIRED', 'CANCELLED', 'REVOKED', 'REDUCED', 'RELEASED', 'REVERSED'] }).notNull(),
    redemptionId: uuid('redemption_id'),
    endedOn: date('ended_on', { mode: 'string' }).notNull(),
    lapsedFen: bigint('lapsed_fen', { mode: 'bigint' }).notNull(),
    givenBackFen: bigint('given_back_fen', { mode: 'bigint' }).notNull(),
    quotaBack: text('quota_back', { enum: ['NONE', 'RUNNING', 'CHARGED', 'CONTRACT'] }).notNull(),
    reason: text('reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.endingId] })],
);
export type VoucherEnding = typeof voucherEndings.$inferSelect;

export const voucherProposals = pgTable(
  'voucher_proposals',
  {
    bookId: uuid('book_id').notNull(),
    proposalId: uuid('proposal_id').notNull(),
    voucherId: uuid('voucher_id').notNull(),
    kind: text('kind', { enum: ['CANCEL', 'REVOKE'] }).notNull(),
    reason: text('reason').notNull(),
    evidence: text('evidence'),
    contentDigest: text('content_digest').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'DROPPED'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.proposalId] })],
);
export type VoucherProposal = typeof voucherProposals.$inferSelect;

export const voucherReasons = pgTable(
  'voucher_reasons',
  {
    bookId: uuid('book_id').notNull(),
    commandId: uuid('command_id').notNull(),
    voucherId: uuid('voucher_id').notNull(),
    reason: text('reason').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.commandId] })],
);

export const contractStandings = pgTable(
  'contract_standings',
  {
    bookId: uuid('book_id').notNull(),
    standingId: text('standing_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    programmeCode: text('programme_code').notNull(),
    baseFen: bigint('base_fen', { mode: 'bigint' }).notNull(),
    claimedFen: bigint('claimed_fen', { mode: 'bigint' }).notNull(),
    cutOffFen: bigint('cut_off_fen', { mode: 'bigint' }).notNull(),
    /** Fen × basis points; null where only the base was kept. */
    weightedBase: numeric('weighted_base', { precision: 30, scale: 0 }),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.standingId] })],
);
export type ContractStanding = typeof contractStandings.$inferSelect;

export const usageInvoices = pgTable(
  'usage_invoices',
  {
    bookId: uuid('book_id').notNull(),
    invoiceId: uuid('invoice_id').notNull(),
    invoiceNo: text('invoice_no').notNull(),
    providerId: uuid('provider_id').notNull(),
    enterpriseId: uuid('enterprise_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    issuedOn: date('issued_on', { mode: 'string' }).notNull(),
    usageFrom: date('usage_from', { mode: 'string' }).notNull(),
    usageTo: date('usage_to', { mode: 'string' }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
    paidFen: bigint('paid_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    status: text('status', { enum: ['POSTED', 'CONFIRMED', 'DISPUTED', 'RETURNED', 'RED_LETTERED', 'VOIDED'] }).notNull(),
    numberConflict: boolean('number_conflict').notNull(),
    postedPerson: uuid('posted_person').notNull(),
    postedOn: date('posted_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    disputeReason: text('dispute_reason'),
    redemptionId: uuid('redemption_id'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    reimbursedLines: integer('reimbursed_lines')
      .notNull()
      .default(sql`0`),
    /** What the digital invoices attached to it say of it. */
    digitalInvoice: text('digital_invoice', { enum: ['MATCHES', 'DIFFERS'] }),
    decidedBy: text('decided_by', { enum: ['ENTERPRISE', 'BUREAU', 'DEADLINE'] }),
    decisionReason: text('decision_reason'),
    confirmBy: date('confirm_by', { mode: 'string' }),
    confirmOutcome: text('confirm_outcome', { enum: ['CONFIRMED', 'RETURNED'] }),
    voidedNo: integer('voided_no')
      .notNull()
      .default(sql`0`),
    voidedOn: date('voided_on', { mode: 'string' }),
    voidedPerson: uuid('voided_person'),
    voidReason: text('void_reason'),
    paymentConflict: boolean('payment_conflict')
      .notNull()
      .default(sql`false`),
    redFen: bigint('red_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Flags on it that are open or upheld. */
    holdingFlags: integer('holding_flags')
      .notNull()
      .default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.invoiceId] })],
);
export type UsageInvoice = typeof usageInvoices.$inferSelect;

export const usageInvoiceLines = pgTable(
  'usage_invoice_lines',
  {
    bookId: uuid('book_id').notNull(),
    invoiceLineId: uuid('invoice_line_id').notNull(),
    invoiceId: uuid('invoice_id').notNull(),
    lineNo: integer('line_no').notNull(),
    contractLineId: uuid('contract_line_id').notNull(),
    quantity: numeric('quantity', { precision: 18, scale: 4 }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.invoiceLineId] })],
);
export type UsageInvoiceLine = typeof usageInvoiceLines.$inferSelect;

export const contractLineUsage = pgTable(
  'contract_line_usage',
  {
    bookId: uuid('book_id').notNull(),
    contractLineId: uuid('contract_line_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    quantity: numeric('quantity', { precision: 22, scale: 4 }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.contractLineId] })],
);
export type ContractLineUsage = typeof contractLineUsage.$inferSelect;

export const invoiceClaims = pgTable(
  'invoice_claims',
  {
    number: text('number').notNull(),
    bookId: uuid('book_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    holders: integer('holders').notNull(),
    claimedAt: timestamp('claimed_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.number] })],
);
export type InvoiceClaim = typeof invoiceClaims.$inferSelect;

export const enterprisePayments = pgTable(
  'enterprise_payments',
  {
    bookId: uuid('book_id').notNull(),
    paymentId: uuid('payment_id').notNull(),
    invoiceId: uuid('invoice_id').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    paidOn: date('paid_on', { mode: 'string' }).notNull(),
    bankSerial: text('bank_serial').notNull(),
    personId: uuid('person_id').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.paymentId] })],
);
export type EnterprisePayment = typeof enterprisePayments.$inferSelect;

export const redemptions = pgTable(
  'redemptions',
  {
    bookId: uuid('book_id').notNull(),
    redemptionId: uuid('redemption_id').notNull(),
    redemptionNo: text('redemption_no').notNull(),
    voucherId: uuid('voucher_id').notNull(),
    invoiceId: uuid('invoice_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    enterpriseId: uuid('enterprise_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    programmeCode: text('programme_code').notNull(),
    programmeVersionId: uuid('programme_version_id').notNull(),
    fund: text('fund').notNull(),
    status: text('status', { enum: ['SUBMITTED', 'APPROVED', 'RETURNED', 'REVERSED'] }).notNull(),
    baseFen: bigint('base_fen', { mode: 'bigint' }).notNull(),
    computedFen: bigint('computed_fen', { mode: 'bigint' }).notNull(),
    cutOffFen: bigint('cut_off_fen', { mode: 'bigint' }).notNull(),
    reservedFen: bigint('reserved_fen', { mode: 'bigint' }).notNull(),
    approvedFen: bigint('approved_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    reversedFen: bigint('reversed_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    batchedFen: bigint('batched_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    mismatches: json('mismatches').notNull(),
    explanation: json('explanation').notNull(),
    submittedOn: date('submitted_on', { mode: 'string' }).notNull(),
    submittedPerson: uuid('submitted_person').notNull(),
    decidedPerson: uuid('decided_person'),
    approvedOn: date('approved_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    settlementId: uuid('settlement_id'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    /** Fen × basis points; null where only the base was kept. */
    weightedBase: numeric('weighted_base', { precision: 30, scale: 0 }),
    recalledFen: bigint('recalled_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    restoredFen: bigint('restored_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    offsetFen: bigint('offset_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.redemptionId] })],
);
export type Redemption = typeof redemptions.$inferSelect;

export const redemptionReversals = pgTable(
  'redemption_reversals',
  {
    bookId: uuid('book_id').notNull(),
    reversalId: uuid('reversal_id').notNull(),
    redemptionId: uuid('redemption_id').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    reason: text('reason').notNull(),
    evidence: text('evidence'),
    contentDigest: text('content_digest').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'DROPPED'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.reversalId] })],
);
export type RedemptionReversal = typeof redemptionReversals.$inferSelect;

export const allocations = pgTable(
  'allocations',
  {
    bookId: uuid('book_id').notNull(),
    allocationId: uuid('allocation_id').notNull(),
    allocationNo: text('allocation_no').notNull(),
    programmeCode: text('programme_code').notNull(),
    year: integer('year').notNull(),
    fund: text('fund').notNull(),
    strategy: text('strategy', { enum: ['FIRST_COME', 'RANKED', 'PRO_RATA'] }).notNull(),
    lineCount: integer('line_count').notNull(),
    claimsFen: bigint('claims_fen', { mode: 'bigint' }).notNull(),
    sharedFen: bigint('shared_fen', { mode: 'bigint' }).notNull(),
    totalFen: bigint('total_fen', { mode: 'bigint' }).notNull(),
    contentDigest: text('content_digest').notNull(),
    status: text('status', { enum: ['DRAFT', 'APPROVED', 'WITHDRAWN'] }).notNull(),
    draftedPerson: uuid('drafted_person').notNull(),
    draftedOn: date('drafted_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    awardsLeft: integer('awards_left').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.allocationId] })],
);
export type Allocation = typeof allocations.$inferSelect;

export const reimbursements = pgTable(
  'reimbursements',
  {
    bookId: uuid('book_id').notNull(),
    reimbursementId: uuid('reimbursement_id').notNull(),
    reimbursementNo: text('reimbursement_no').notNull(),
    programmeCode: text('programme_code').notNull(),
    programmeVersionId: uuid('programme_version_id').notNull(),
    enterpriseId: uuid('enterprise_id').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    year: integer('year').notNull(),
    baseYear: integer('base_year').notNull(),
    matters: jsonb('matters').notNull(),
    controlVersionIds: jsonb('control_version_ids').notNull(),
    lineCount: integer('line_count').notNull(),
    contentDigest: text('content_digest').notNull(),
    status: text('status', {
      enum: [
        'DRAFT',
        'SUBMITTED',
        'SUPPLEMENT_REQUESTED',
        'ACCEPTED',
        'CHECKED',
        'EXPERT_REVIEW',
        'REVIEWED',
        'IN_PUBLIC_NOTICE',
        'OBJECTION_PENDING',
        'ALLOCATED',
        'APPROVED',
        'REJECTED',
        'WITHDRAWN',
      ],
    }).notNull(),
    submittedOn: date('submitted_on', { mode: 'string' }).notNull(),
    submittedPerson: uuid('submitted_person').notNull(),
    baseFen: bigint('base_fen', { mode: 'bigint' }).notNull(),
    computedFen: bigint('computed_fen', { mode: 'bigint' }).notNull(),
    eligibility: json('eligibility'),
    reviewedPerson: uuid('reviewed_person'),
    reviewedFen: bigint('reviewed_fen', { mode: 'bigint' }),
    score: integer('score'),
    opinion: text('opinion'),
    reviewDigest: text('review_digest'),
    allocationId: uuid('allocation_id'),
    fund: text('fund'),
    awardFen: bigint('award_fen', { mode: 'bigint' }),
    approvedOn: date('approved_on', { mode: 'string' }),
    decidedPerson: uuid('decided_person'),
    decisionReason: text('decision_reason'),
    explanation: json('explanation'),
    settlementId: uuid('settlement_id'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    draft: json('draft'),
    acceptedAt: timestamp('accepted_at', { withTimezone: true, mode: 'string' }),
    acceptedPlace: bigint('accepted_place', { mode: 'bigint' }),
    acceptedPerson: uuid('accepted_person'),
    checkedPerson: uuid('checked_person'),
    answersDigest: text('answers_digest'),
    panelId: uuid('panel_id'),
    scoresDigest: text('scores_digest'),
    noticeDays: integer('notice_days'),
    noticeId: uuid('notice_id'),
    noticeLastDay: date('notice_last_day', { mode: 'string' }),
    noticeDaysLeft: integer('notice_days_left'),
    decisionArticle: text('decision_article'),
    waitingSince: date('waiting_since', { mode: 'string' }),
    dueOn: date('due_on', { mode: 'string' }),
    reversedFen: bigint('reversed_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    recalledFen: bigint('recalled_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    restoredFen: bigint('restored_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Held against what its payee owes back: counts as paid. */
    offsetFen: bigint('offset_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.reimbursementId] })],
);
export type Reimbursement = typeof reimbursements.$inferSelect;

export const reimbursementLines = pgTable(
  'reimbursement_lines',
  {
    bookId: uuid('book_id').notNull(),
    reimbursementLineId: uuid('reimbursement_line_id').notNull(),
    reimbursementId: uuid('reimbursement_id').notNull(),
    lineNo: integer('line_no').notNull(),
    invoiceId: uuid('invoice_id'),
    invoiceLineId: uuid('invoice_line_id'),
    contractId: uuid('contract_id'),
    contractLineId: uuid('contract_line_id'),
    reference: text('reference').notNull(),
    description: text('description').notNull(),
    counterpartyUscc: text('counterparty_uscc').notNull(),
    counterpartyName: text('counterparty_name').notNull(),
    serviceItem: text('service_item', {
      enum: [
        'AI_COMPUTE',
        'SUPERCOMPUTE',
        'GENERAL_COMPUTE',
        'STORAGE',
        'NETWORK',
        'SECURITY',
        'CORPUS',
        'MODEL_SERVICE',
        'TECHNOLOGY',
        'RESEARCH_COST',
      ] as const,
    }).notNull(),
    chipOrigin: text('chip_origin', { enum: ['DOMESTIC', 'NON_DOMESTIC'] }),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
    usedFrom: date('used_from', { mode: 'string' }).notNull(),
    usedTo: date('used_to', { mode: 'string' }).notNull(),
    settledOn: date('settled_on', { mode: 'string' }),
    evidence: text('evidence'),
    numberConflict: boolean('number_conflict').notNull(),
    basisPoints: integer('basis_points'),
    reason: text('reason'),
    isLive: boolean('is_live').notNull(),
    modelClass: text('model_class'),
    modelRegistrationNo: text('model_registration_no'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.reimbursementLineId] })],
);
export type ReimbursementLine = typeof reimbursementLines.$inferSelect;

export const reimbursementLineCuts = pgTable(
  'reimbursement_line_cuts',
  {
    bookId: uuid('book_id').notNull(),
    lineCutId: uuid('line_cut_id').notNull(),
    reimbursementId: uuid('reimbursement_id').notNull(),
    reimbursementLineId: uuid('reimbursement_line_id').notNull(),
    redLetterId: uuid('red_letter_id').notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.lineCutId] })],
);
export type ReimbursementLineCut = typeof reimbursementLineCuts.$inferSelect;

export const awardComputations = pgTable(
  'award_computations',
  {
    bookId: uuid('book_id').notNull(),
    correctionId: uuid('correction_id').notNull(),
    reimbursementId: uuid('reimbursement_id').notNull(),
    baseFen: bigint('base_fen', { mode: 'bigint' }),
    computedFen: bigint('computed_fen', { mode: 'bigint' }),
    awardFen: bigint('award_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.correctionId] })],
);
export type AwardComputation = typeof awardComputations.$inferSelect;

export const allocationLines = pgTable(
  'allocation_lines',
  {
    bookId: uuid('book_id').notNull(),
    allocationLineId: uuid('allocation_line_id').notNull(),
    allocationId: uuid('allocation_id').notNull(),
    lineNo: integer('line_no').notNull(),
    reimbursementId: uuid('reimbursement_id').notNull(),
    rank: integer('rank').notNull(),
    score: integer('score'),
    reviewedFen: bigint('reviewed_fen', { mode: 'bigint' }).notNull(),
    claimFen: bigint('claim_fen', { mode: 'bigint' }).notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    reason: text('reason'),
    isLive: boolean('is_live').notNull(),
    leftOut: text('left_out'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.allocationLineId] })],
);
export type AllocationLine = typeof allocationLines.$inferSelect;

export const settlements = pgTable(
  'settlements',
  {
    bookId: uuid('book_id').notNull(),
    settlementId: uuid('settlement_id').notNull(),
    settlementNo: text('settlement_no').notNull(),
    period: text('period').notNull(),
    number: integer('number').notNull(),
    status: text('status', {
      enum: ['DRAFT', 'FROZEN', 'APPROVED', 'CHECKED', 'INSTRUCTED', 'CLOSED', 'DISSOLVED'],
    }).notNull(),
    lineCount: integer('line_count').notNull(),
    totalFen: bigint('total_fen', { mode: 'bigint' }).notNull(),
    contentDigest: text('content_digest'),
    draftedPerson: uuid('drafted_person').notNull(),
    draftedOn: date('drafted_on', { mode: 'string' }).notNull(),
    approvedPerson: uuid('approved_person'),
    instructedPerson: uuid('instructed_person'),
    instructedOn: date('instructed_on', { mode: 'string' }),
    closedPerson: uuid('closed_person'),
    closedOn: date('closed_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    /** What was frozen so far; 0: instructed before there were versions. */
    version: integer('version')
      .notNull()
      .default(sql`1`),
    isCollecting: boolean('is_collecting')
      .notNull()
      .default(sql`false`),
    collectedDay: date('collected_day', { mode: 'string' }),
    collectedId: uuid('collected_id'),
    frozenPerson: uuid('frozen_person'),
    checkedPerson: uuid('checked_person'),
    /** Ids of everybody who has checked lines of it. */
    checkedPersons: jsonb('checked_persons')
      .$type<readonly string[]>()
      .notNull()
      .default(sql`'[]'`),
    checkedLines: integer('checked_lines')
      .notNull()
      .default(sql`0`),
    paymentsLeft: integer('payments_left')
      .notNull()
      .default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.settlementId] })],
);
export type Settlement = typeof settlements.$inferSelect;

export const settlementLines = pgTable(
  'settlement_lines',
  {
    bookId: uuid('book_id').notNull(),
    settlementLineId: uuid('settlement_line_id').notNull(),
    settlementId: uuid('settlement_id').notNull(),
    lineNo: integer('line_no').notNull(),
    redemptionId: uuid('redemption_id'),
    payeeId: uuid('payee_id').notNull(),
    fund: text('fund').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    reimbursementId: uuid('reimbursement_id'),
    checkedPerson: uuid('checked_person'),
    checkedOn: date('checked_on', { mode: 'string' }),
    returnedVersion: integer('returned_version'),
    returnedPerson: uuid('returned_person'),
    returnedOn: date('returned_on', { mode: 'string' }),
    returnReason: text('return_reason'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.settlementLineId] })],
);
export type SettlementLine = typeof settlementLines.$inferSelect;

export const settlementVersions = pgTable(
  'settlement_versions',
  {
    bookId: uuid('book_id').notNull(),
    versionId: uuid('version_id').notNull(),
    settlementId: uuid('settlement_id').notNull(),
    version: integer('version').notNull(),
    contentDigest: text('content_digest').notNull(),
    lineCount: integer('line_count').notNull(),
    totalFen: bigint('total_fen', { mode: 'bigint' }).notNull(),
    funderTotals: jsonb('funder_totals').$type<readonly { readonly funder: string; readonly total: string }[]>().notNull(),
    frozenPerson: uuid('frozen_person').notNull(),
    frozenOn: date('frozen_on', { mode: 'string' }).notNull(),
    approvedPerson: uuid('approved_person'),
    returnedLines: integer('returned_lines')
      .notNull()
      .default(sql`0`),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.versionId] })],
);
export type SettlementVersion = typeof settlementVersions.$inferSelect;

export const settlementLeftOuts = pgTable(
  'settlement_left_outs',
  {
    bookId: uuid('book_id').notNull(),
    leftOutId: uuid('left_out_id').notNull(),
    settlementId: uuid('settlement_id').notNull(),
    redemptionId: uuid('redemption_id'),
    reimbursementId: uuid('reimbursement_id'),
    payeeId: uuid('payee_id').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    missingZh: text('missing_zh').notNull(),
    missingEn: text('missing_en').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.leftOutId] })],
);
export type SettlementLeftOut = typeof settlementLeftOuts.$inferSelect;

export const paymentInstructions = pgTable(
  'payment_instructions',
  {
    bookId: uuid('book_id').notNull(),
    instructionId: uuid('instruction_id').notNull(),
    instructionNo: text('instruction_no').notNull(),
    settlementId: uuid('settlement_id').notNull(),
    payeeId: uuid('payee_id').notNull(),
    fund: text('fund').notNull(),
    funder: text('funder').notNull(),
    attempt: integer('attempt').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    payeeAccountId: uuid('payee_account_id').notNull(),
    status: text('status', { enum: ['INSTRUCTED', 'PAID', 'RETURNED'] }).notNull(),
    returnReason: text('return_reason'),
    instructedOn: date('instructed_on', { mode: 'string' }).notNull(),
    reinstructed: boolean('reinstructed').notNull(),
    paidFen: bigint('paid_fen', { mode: 'bigint' }).notNull(),
    returnedFen: bigint('returned_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.instructionId] })],
);
export type PaymentInstruction = typeof paymentInstructions.$inferSelect;

export const fundStandings = pgTable(
  'fund_standings',
  {
    bookId: uuid('book_id').notNull(),
    fund: text('fund').notNull(),
    instructedFen: bigint('instructed_fen', { mode: 'bigint' }).notNull(),
    recoveredFen: bigint('recovered_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.fund] })],
);
export type FundStanding = typeof fundStandings.$inferSelect;

export const bankReturns = pgTable(
  'bank_returns',
  {
    bookId: uuid('book_id').notNull(),
    bankReturnId: uuid('bank_return_id').notNull(),
    fileDigest: text('file_digest').notNull(),
    lineCount: integer('line_count').notNull(),
    totalFen: bigint('total_fen', { mode: 'bigint' }).notNull(),
    importedPerson: uuid('imported_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    state: text('state', { enum: ['IMPORTING', 'DONE'] }).notNull(),
    nextLine: integer('next_line').notNull(),
    format: text('format', { enum: ['json', 'csv', 'xlsx'] }).notNull(),
    bankFormat: text('bank_format'),
    fileName: text('file_name'),
    bankAccount: text('bank_account'),
    openingFen: bigint('opening_fen', { mode: 'bigint' }),
    closingFen: bigint('closing_fen', { mode: 'bigint' }),
    firstDay: date('first_day', { mode: 'string' }),
    lastDay: date('last_day', { mode: 'string' }),
    repeatedCount: integer('repeated_count').notNull(),
    byResult: jsonb('by_result').$type<Readonly<Record<string, number>>>().notNull(),
    paidFen: bigint('paid_fen', { mode: 'bigint' }).notNull(),
    returnedFen: bigint('returned_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.bankReturnId] })],
);
export type BankReturn = typeof bankReturns.$inferSelect;

export const bankLines = pgTable(
  'bank_lines',
  {
    bookId: uuid('book_id').notNull(),
    bankLineId: uuid('bank_line_id').notNull(),
    bankReturnId: uuid('bank_return_id').notNull(),
    bankSerial: text('bank_serial').notNull(),
    instructionNo: text('instruction_no').notNull(),
    status: text('status', { enum: ['PAID', 'RETURNED'] }).notNull(),
    bookedOn: date('booked_on', { mode: 'string' }).notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    reason: text('reason'),
    result: text('result', {
      enum: ['MATCHED', 'UNKNOWN_INSTRUCTION', 'AMOUNT_DIFFERS', 'ALREADY_SETTLED', 'PAYEE_DIFFERS', 'DAY_BEFORE_INSTRUCTION'],
    }).notNull(),
    lineNo: integer('line_no'),
    bankAccount: text('bank_account'),
    payeeName: text('payee_name'),
    payeeLast4: text('payee_last4'),
    matchedFen: bigint('matched_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.bankLineId] })],
);
export type BankLine = typeof bankLines.$inferSelect;

export const bankMatches = pgTable(
  'bank_matches',
  {
    bookId: uuid('book_id').notNull(),
    matchId: uuid('match_id').notNull(),
    bankLineId: uuid('bank_line_id').notNull(),
    instructionId: uuid('instruction_id').notNull(),
    kind: text('kind', { enum: ['PAID', 'RETURNED', 'RETURNED_LATE'] }).notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    bookedOn: date('booked_on', { mode: 'string' }).notNull(),
    byRule: boolean('by_rule').notNull(),
    matchedPerson: uuid('matched_person').notNull(),
    status: text('status', { enum: ['MATCHED', 'UNDONE'] }).notNull(),
    undonePerson: uuid('undone_person'),
    undoneOn: date('undone_on', { mode: 'string' }),
    undoReason: text('undo_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.matchId] })],
);
export type BankMatch = typeof bankMatches.$inferSelect;

export const settlementAccounts = pgTable(
  'settlement_accounts',
  {
    bookId: uuid('book_id').notNull(),
    settlementAccountId: uuid('settlement_account_id').notNull(),
    settlementId: uuid('settlement_id').notNull(),
    version: integer('version').notNull(),
    payeeId: uuid('payee_id').notNull(),
    /** Null: it had none. */
    payeeAccountId: uuid('payee_account_id'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.settlementAccountId] })],
);
export type SettlementAccount = typeof settlementAccounts.$inferSelect;

export const paymentFiles = pgTable(
  'payment_files',
  {
    bookId: uuid('book_id').notNull(),
    paymentFileId: uuid('payment_file_id').notNull(),
    settlementId: uuid('settlement_id').notNull(),
    fileNo: integer('file_no').notNull(),
    bankFormat: text('bank_format').notNull(),
    /** The format as it was then. */
    mapping: jsonb('mapping').$type<BankMapping>().notNull(),
    lineCount: integer('line_count').notNull(),
    totalFen: bigint('total_fen', { mode: 'bigint' }).notNull(),
    contentDigest: text('content_digest').notNull(),
    madePerson: uuid('made_person').notNull(),
    madeOn: date('made_on', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.paymentFileId] })],
);
export type PaymentFile = typeof paymentFiles.$inferSelect;

export const paymentFileLines = pgTable(
  'payment_file_lines',
  {
    bookId: uuid('book_id').notNull(),
    paymentFileLineId: uuid('payment_file_line_id').notNull(),
    paymentFileId: uuid('payment_file_id').notNull(),
    lineNo: integer('line_no').notNull(),
    instructionId: uuid('instruction_id').notNull(),
    /** What was still to be paid of the attempt when the file was made. */
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.paymentFileLineId] })],
);
export type PaymentFileLine = typeof paymentFileLines.$inferSelect;

export const bankFormats = pgTable(
  'bank_formats',
  {
    bookId: uuid('book_id').notNull(),
    bankFormatId: uuid('bank_format_id').notNull(),
    code: text('code').notNull(),
    version: integer('version').notNull(),
    name: text('name').notNull(),
    mapping: jsonb('mapping').$type<BankMapping>().notNull(),
    recordedPerson: uuid('recorded_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.bankFormatId] })],
);
export type BankFormat = typeof bankFormats.$inferSelect;

export const bankDays = pgTable(
  'bank_days',
  {
    bookId: uuid('book_id').notNull(),
    bankDayId: uuid('bank_day_id').notNull(),
    bankAccount: text('bank_account').notNull(),
    bookedOn: date('booked_on', { mode: 'string' }).notNull(),
    lineCount: integer('line_count').notNull(),
    paidFen: bigint('paid_fen', { mode: 'bigint' }).notNull(),
    returnedFen: bigint('returned_fen', { mode: 'bigint' }).notNull(),
    matchedFen: bigint('matched_fen', { mode: 'bigint' }).notNull(),
    settledFen: bigint('settled_fen', { mode: 'bigint' }).notNull(),
    backFen: bigint('back_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.bankDayId] })],
);
export type BankDay = typeof bankDays.$inferSelect;

export const reconciliationExceptions = pgTable(
  'reconciliation_exceptions',
  {
    bookId: uuid('book_id').notNull(),
    exceptionId: uuid('exception_id').notNull(),
    kind: text('kind', {
      enum: [
        'UNMATCHED_LINE',
        'IN_TRANSIT',
        'PAYMENT_RETURNED',
        'RESERVED',
        'UNMATCHED_BUDGET',
        'FILE_CUT',
        'BALANCE_GAP',
        'OTHER',
      ],
    }).notNull(),
    subject: text('subject').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    since: date('since', { mode: 'string' }).notNull(),
    openedOn: date('opened_on', { mode: 'string' }).notNull(),
    openedPerson: uuid('opened_person'),
    note: text('note'),
    ownerPerson: uuid('owner_person'),
    status: text('status', { enum: ['OPEN', 'EXPLAINED', 'CLOSED'] }).notNull(),
    explanation: text('explanation'),
    explainedPerson: uuid('explained_person'),
    explainedOn: date('explained_on', { mode: 'string' }),
    resolution: text('resolution'),
    closedPerson: uuid('closed_person'),
    closedOn: date('closed_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.exceptionId] })],
);
export type ReconciliationException = typeof reconciliationExceptions.$inferSelect;

export const reconciliationLooks = pgTable(
  'reconciliation_looks',
  {
    bookId: uuid('book_id').notNull(),
    lookedOn: date('looked_on', { mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.lookedOn] })],
);

export const openingBalances = pgTable(
  'opening_balances',
  {
    bookId: uuid('book_id').notNull(),
    openingBalanceId: uuid('opening_balance_id').notNull(),
    kind: text('kind', { enum: ['LIMIT_USED', 'VOUCHER'] }).notNull(),
    content: jsonb('content').notNull(),
    contentDigest: text('content_digest').notNull(),
    status: text('status', { enum: ['PREPARED', 'APPROVED'] }).notNull(),
    preparedPerson: uuid('prepared_person').notNull(),
    approvedPerson: uuid('approved_person'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.openingBalanceId] })],
);
export type OpeningBalance = typeof openingBalances.$inferSelect;

export const ledgerTotals = pgTable(
  'ledger_totals',
  {
    bookId: uuid('book_id').notNull(),
    kind: text('kind').notNull(),
    fund: text('fund').notNull(),
    debitsFen: bigint('debits_fen', { mode: 'bigint' }).notNull(),
    creditsFen: bigint('credits_fen', { mode: 'bigint' }).notNull(),
    accounts: bigint('accounts', { mode: 'bigint' }).notNull(),
    changedSeq: bigint('changed_seq', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.kind, t.fund] })],
);

export const ledgerTurnovers = pgTable(
  'ledger_turnovers',
  {
    bookId: uuid('book_id').notNull(),
    span: text('span', { enum: ['DAY', 'MONTH'] }).notNull(),
    startsOn: date('starts_on', { mode: 'string' }).notNull(),
    fund: text('fund').notNull(),
    kind: text('kind').notNull(),
    posting: text('posting').notNull(),
    debitsFen: bigint('debits_fen', { mode: 'bigint' }).notNull(),
    creditsFen: bigint('credits_fen', { mode: 'bigint' }).notNull(),
    transfers: bigint('transfers', { mode: 'bigint' }).notNull(),
    accounts: bigint('accounts', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.span, t.startsOn, t.fund, t.kind, t.posting] })],
);

export const ledgerMarks = pgTable(
  'ledger_marks',
  {
    bookId: uuid('book_id').notNull(),
    kind: text('kind').notNull(),
    fund: text('fund').notNull(),
    seq: bigint('seq', { mode: 'bigint' }).notNull(),
    debitsFen: bigint('debits_fen', { mode: 'bigint' }).notNull(),
    creditsFen: bigint('credits_fen', { mode: 'bigint' }).notNull(),
    accounts: bigint('accounts', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.kind, t.fund, t.seq] })],
);

export const bookedDays = pgTable(
  'booked_days',
  {
    bookId: uuid('book_id').notNull(),
    bookedOn: date('booked_on', { mode: 'string' }).notNull(),
    firstSeq: bigint('first_seq', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.bookedOn] })],
);

export const lateLegs = pgTable(
  'late_legs',
  {
    bookId: uuid('book_id').notNull(),
    accountId: uuid('account_id').notNull(),
    seq: bigint('seq', { mode: 'bigint' }).notNull(),
    bookedOn: date('booked_on', { mode: 'string' }).notNull(),
    deltaFen: bigint('delta_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.accountId, t.seq] })],
);

export const settlementTotals = pgTable(
  'settlement_totals',
  {
    bookId: uuid('book_id').notNull(),
    settlementId: uuid('settlement_id').notNull(),
    payeeId: uuid('payee_id').notNull(),
    fund: text('fund').notNull(),
    firstLineNo: integer('first_line_no').notNull(),
    lineCount: integer('line_count').notNull(),
    totalFen: bigint('total_fen', { mode: 'bigint' }).notNull(),
    totalId: uuid('total_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.settlementId, t.payeeId, t.fund] })],
);
export type SettlementTotal = typeof settlementTotals.$inferSelect;

export const bulkJobs = pgTable(
  'bulk_jobs',
  {
    bookId: uuid('book_id').notNull(),
    jobId: uuid('job_id').notNull(),
    memberId: uuid('member_id').notNull(),
    key: text('key').notNull(),
    legalPersonUscc: text('legal_person_uscc'),
    kind: text('kind', { enum: ['usage-invoices', 'contracts'] }).notNull(),
    format: text('format', { enum: ['ndjson', 'csv', 'xlsx'] }).notNull(),
    mode: text('mode', { enum: ['accept-right', 'all-or-nothing'] }).notNull(),
    columns: json('columns').$type<readonly string[]>(),
    state: text('state', { enum: ['RUNNING', 'DONE', 'REFUSED'] }).notNull(),
    linesRead: integer('lines_read')
      .notNull()
      .default(sql`0`),
    linesAccepted: integer('lines_accepted')
      .notNull()
      .default(sql`0`),
    linesRefused: integer('lines_refused')
      .notNull()
      .default(sql`0`),
    documents: integer('documents')
      .notNull()
      .default(sql`0`),
    nextLine: integer('next_line')
      .notNull()
      .default(sql`1`),
    digest: text('digest'),
    ledgerSeq: bigint('ledger_seq', { mode: 'bigint' }),
    leaseOwner: uuid('lease_owner'),
    leaseUntil: timestamp('lease_until', { withTimezone: true, mode: 'string' }).notNull(),
    startedAt: timestamp('started_at', { withTimezone: true, mode: 'string' }).notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.jobId] })],
);
export type BulkJob = typeof bulkJobs.$inferSelect;

export const bulkRefusedLines = pgTable(
  'bulk_refused_lines',
  {
    bookId: uuid('book_id').notNull(),
    refusedLineId: uuid('refused_line_id').notNull(),
    jobId: uuid('job_id').notNull(),
    line: integer('line').notNull(),
    raw: text('raw').notNull(),
    errors: json('errors').$type<readonly BulkLineError[]>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.refusedLineId] })],
);
export type BulkRefusedLine = typeof bulkRefusedLines.$inferSelect;
/** One thing that is wrong with a refused line, as it is kept: told in the reader's language when it is read. */
export interface BulkLineError {
  readonly field: string;
  readonly value: string;
  readonly code: string;
  readonly params: Readonly<Record<string, string>>;
}

export const simulations = pgTable(
  'simulations',
  {
    bookId: uuid('book_id').notNull(),
    simulationId: uuid('simulation_id').notNull(),
    programmeCode: text('programme_code').notNull(),
    programmeVersionId: uuid('programme_version_id').notNull(),
    version: integer('version').notNull(),
    year: integer('year').notNull(),
    comparedVersionId: uuid('compared_version_id'),
    comparedVersion: integer('compared_version'),
    poolFen: bigint('pool_fen', { mode: 'bigint' }),
    startedMember: uuid('started_member').notNull(),
    state: text('state', { enum: ['RUNNING', 'DONE', 'FAILED', 'CANCELLED'] }).notNull(),
    factsTotal: integer('facts_total'),
    factsDone: integer('facts_done')
      .notNull()
      .default(sql`0`),
    result: json('result'),
    failure: text('failure'),
    ledgerSeq: bigint('ledger_seq', { mode: 'bigint' }),
    attempts: integer('attempts')
      .notNull()
      .default(sql`0`),
    leaseOwner: uuid('lease_owner'),
    leaseUntil: timestamp('lease_until', { withTimezone: true, mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    endedAt: timestamp('ended_at', { withTimezone: true, mode: 'string' }),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.simulationId] })],
);
export type Simulation = typeof simulations.$inferSelect;

export const simulationEnterprises = pgTable(
  'simulation_enterprises',
  {
    bookId: uuid('book_id').notNull(),
    simulationId: uuid('simulation_id').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    name: text('name').notNull(),
    applications: integer('applications').notNull(),
    comparedFen: bigint('compared_fen', { mode: 'bigint' }).notNull(),
    simulatedFen: bigint('simulated_fen', { mode: 'bigint' }).notNull(),
    differenceFen: bigint('difference_fen', { mode: 'bigint' }).notNull(),
    comparedRedeemedFen: bigint('compared_redeemed_fen', { mode: 'bigint' }).notNull(),
    simulatedRedeemedFen: bigint('simulated_redeemed_fen', { mode: 'bigint' }).notNull(),
    bound: text('bound').array().notNull(),
    held: integer('held').notNull().default(0),
    heldComparedFen: bigint('held_compared_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    heldSimulatedFen: bigint('held_simulated_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    potentialFen: bigint('potential_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.simulationId, t.legalPersonUscc] })],
);
export type SimulationEnterprise = typeof simulationEnterprises.$inferSelect;

export const redLetters = pgTable(
  'red_letters',
  {
    bookId: uuid('book_id').notNull(),
    redLetterId: uuid('red_letter_id').notNull(),
    redLetterNo: text('red_letter_no').notNull(),
    invoiceId: uuid('invoice_id').notNull(),
    contractId: uuid('contract_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    programmeCode: text('programme_code'),
    redemptionId: uuid('redemption_id'),
    issuedOn: date('issued_on', { mode: 'string' }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
    reason: text('reason').notNull(),
    baseFen: bigint('base_fen', { mode: 'bigint' }).notNull(),
    weightedBase: numeric('weighted_base', { precision: 30, scale: 0 }).notNull(),
    cutOffFen: bigint('cut_off_fen', { mode: 'bigint' }).notNull(),
    postedPerson: uuid('posted_person').notNull(),
    postedOn: date('posted_on', { mode: 'string' }).notNull(),
    numberConflict: boolean('number_conflict').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.redLetterId] })],
);
export type RedLetter = typeof redLetters.$inferSelect;

export const redLetterLines = pgTable(
  'red_letter_lines',
  {
    bookId: uuid('book_id').notNull(),
    redLetterLineId: uuid('red_letter_line_id').notNull(),
    redLetterId: uuid('red_letter_id').notNull(),
    invoiceId: uuid('invoice_id').notNull(),
    invoiceLineId: uuid('invoice_line_id').notNull(),
    lineNo: integer('line_no').notNull(),
    quantity: numeric('quantity', { precision: 18, scale: 4 }).notNull(),
    netFen: bigint('net_fen', { mode: 'bigint' }).notNull(),
    vatFen: bigint('vat_fen', { mode: 'bigint' }).notNull(),
    grossFen: bigint('gross_fen', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.redLetterLineId] })],
);
export type RedLetterLine = typeof redLetterLines.$inferSelect;

export const corrections = pgTable(
  'corrections',
  {
    bookId: uuid('book_id').notNull(),
    correctionId: uuid('correction_id').notNull(),
    correctionNo: text('correction_no').notNull(),
    cause: text('cause', { enum: ['CONTRACT_CUT', 'CONTRACT_VOIDED', 'RED_LETTER', 'FRAUD', 'CLAUSE'] }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    contractId: uuid('contract_id'),
    programmeCode: text('programme_code').notNull(),
    atFault: boolean('at_fault').notNull(),
    returnedFen: bigint('returned_fen', { mode: 'bigint' }).notNull(),
    voidedFen: bigint('voided_fen', { mode: 'bigint' }).notNull(),
    reversedFen: bigint('reversed_fen', { mode: 'bigint' }).notNull(),
    recalledFen: bigint('recalled_fen', { mode: 'bigint' }).notNull(),
    explanation: json('explanation').notNull(),
    decidedPerson: uuid('decided_person').notNull(),
    decidedOn: date('decided_on', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    reimbursementId: uuid('reimbursement_id'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.correctionId] })],
);
export type Correction = typeof corrections.$inferSelect;

export const recoveries = pgTable(
  'recoveries',
  {
    bookId: uuid('book_id').notNull(),
    recoveryId: uuid('recovery_id').notNull(),
    recoveryNo: text('recovery_no').notNull(),
    cause: text('cause', { enum: ['CONTRACT_CUT', 'CONTRACT_VOIDED', 'RED_LETTER', 'FRAUD', 'CLAUSE'] }).notNull(),
    clauseId: text('clause_id'),
    correctionId: uuid('correction_id'),
    debtorId: uuid('debtor_id').notNull(),
    fund: text('fund').notNull(),
    programmeCode: text('programme_code').notNull(),
    contractId: uuid('contract_id'),
    voucherId: uuid('voucher_id'),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    receivedFen: bigint('received_fen', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    atFault: boolean('at_fault').notNull(),
    status: text('status', {
      enum: [
        'PROPOSED',
        'OPENED',
        'SERVED',
        'APPEALED',
        'DUE',
        'PARTLY_RECOVERED',
        'RECOVERED',
        'OFFSET',
        'REFERRED',
        'WRITTEN_OFF',
        'WITHDRAWN',
        'DROPPED',
      ],
    }).notNull(),
    reason: text('reason').notNull(),
    documentNo: text('document_no'),
    proposedPerson: uuid('proposed_person'),
    openedPerson: uuid('opened_person'),
    openedOn: date('opened_on', { mode: 'string' }),
    servedOn: date('served_on', { mode: 'string' }),
    dueOn: date('due_on', { mode: 'string' }),
    appealReason: text('appeal_reason'),
    appealPerson: uuid('appeal_person'),
    appealDecidedBy: uuid('appeal_decided_by'),
    appealDecision: text('appeal_decision'),
    writeOffReason: text('write_off_reason'),
    writeOffAskedBy: uuid('write_off_asked_by'),
    endedPerson: uuid('ended_person'),
    endedOn: date('ended_on', { mode: 'string' }),
    /** Whose it was before, oldest first; `until` is the first day of the next. */
    formerly: jsonb('formerly').$type<readonly { debtorId: string; until: string; decisionId: string }[]>().notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    reimbursementId: uuid('reimbursement_id'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.recoveryId] })],
);
export type Recovery = typeof recoveries.$inferSelect;

export const recoveryItems = pgTable(
  'recovery_items',
  {
    bookId: uuid('book_id').notNull(),
    recoveryItemId: uuid('recovery_item_id').notNull(),
    recoveryId: uuid('recovery_id').notNull(),
    redemptionId: uuid('redemption_id'),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    restoredFen: bigint('restored_fen', { mode: 'bigint' }).notNull(),
    reimbursementId: uuid('reimbursement_id'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.recoveryItemId] })],
);
export type RecoveryItem = typeof recoveryItems.$inferSelect;

export const recoveryReceipts = pgTable(
  'recovery_receipts',
  {
    bookId: uuid('book_id').notNull(),
    receiptId: uuid('receipt_id').notNull(),
    recoveryId: uuid('recovery_id').notNull(),
    bankSerial: text('bank_serial').notNull(),
    bookedOn: date('booked_on', { mode: 'string' }).notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    personId: uuid('person_id').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.receiptId] })],
);
export type RecoveryReceipt = typeof recoveryReceipts.$inferSelect;

export const recoveryOffsets = pgTable(
  'recovery_offsets',
  {
    bookId: uuid('book_id').notNull(),
    offsetId: uuid('offset_id').notNull(),
    recoveryId: uuid('recovery_id').notNull(),
    redemptionId: uuid('redemption_id'),
    fund: text('fund').notNull(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    document: text('document').notNull(),
    article: text('article').notNull(),
    reason: text('reason').notNull(),
    status: text('status', { enum: ['PROPOSED', 'APPROVED', 'DROPPED'] }).notNull(),
    parts: jsonb('parts').notNull().default([]),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    reimbursementId: uuid('reimbursement_id'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.offsetId] })],
);
export type RecoveryOffset = typeof recoveryOffsets.$inferSelect;

export const outbox = pgTable(
  'outbox',
  {
    bookId: uuid('book_id').notNull(),
    messageId: uuid('message_id').notNull(),
    kind: text('kind').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subjectId: uuid('subject_id').notNull(),
    toRole: text('to_role'),
    toParty: uuid('to_party'),
    params: json('params').$type<Readonly<Record<string, string>>>().notNull(),
    alike: integer('alike')
      .notNull()
      .default(sql`1`),
    ledgerSeq: bigint('ledger_seq', { mode: 'bigint' }).notNull(),
    place: integer('place').notNull(),
    stagedAt: timestamp('staged_at', { withTimezone: true, mode: 'string' }).notNull(),
    status: text('status', { enum: ['WAITING', 'DELIVERED', 'DEAD', 'LET_GO'] })
      .notNull()
      .default(sql`'WAITING'`),
    attempts: integer('attempts')
      .notNull()
      .default(sql`0`),
    nextAt: timestamp('next_at', { withTimezone: true, mode: 'string' })
      .notNull()
      .default(sql`clock_timestamp()`),
    leaseOwner: uuid('lease_owner'),
    failure: text('failure'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.messageId] })],
);
export type OutboxMessage = typeof outbox.$inferSelect;

export const messages = pgTable(
  'messages',
  {
    bookId: uuid('book_id').notNull(),
    messageId: uuid('message_id').notNull(),
    addressee: text('addressee').notNull(),
    kind: text('kind').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subjectId: uuid('subject_id').notNull(),
    params: json('params').$type<Readonly<Record<string, string>>>().notNull(),
    alike: integer('alike').notNull(),
    ledgerSeq: bigint('ledger_seq', { mode: 'bigint' }).notNull(),
    stagedAt: timestamp('staged_at', { withTimezone: true, mode: 'string' }).notNull(),
    deliveredAt: timestamp('delivered_at', { withTimezone: true, mode: 'string' })
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.messageId] })],
);
export type DeliveredMessage = typeof messages.$inferSelect;

export const messageReads = pgTable(
  'message_reads',
  {
    bookId: uuid('book_id').notNull(),
    readId: text('read_id').notNull(),
    messageId: uuid('message_id').notNull(),
    memberId: uuid('member_id').notNull(),
    readAt: timestamp('read_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.readId] })],
);
export type MessageRead = typeof messageReads.$inferSelect;

export const reminderRuns = pgTable(
  'reminder_runs',
  {
    bookId: uuid('book_id').notNull(),
    kind: text('kind').notNull(),
    through: date('through', { mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.kind] })],
);
export type ReminderRun = typeof reminderRuns.$inferSelect;

export const flags = pgTable(
  'flags',
  {
    bookId: uuid('book_id').notNull(),
    flagId: uuid('flag_id').notNull(),
    kind: text('kind', {
      enum: [
        ...(['CAPACITY_EXCEEDED', 'CONTRACT_ELSEWHERE', 'CONTRACT_NEAR_DUPLICATE', 'CONTRACT_SPLIT'] as const),
        ...(['DIGITAL_INVOICE_DIFFERS', 'ENTERPRISE_SPLIT', 'INVOICE_ELSEWHERE', 'PRICE_FAR_FROM_LIST'] as const),
        ...(['RELATED_PARTIES', 'SEEN_BY_PERSON'] as const),
      ],
    }).notNull(),
    subjectKind: text('subject_kind', {
      enum: ['CONTRACT', 'APPLICATION', 'REIMBURSEMENT', 'USAGE_INVOICE', 'REDEMPTION'],
    }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    /** What is at stake; zero where nobody can say. */
    amountFen: bigint('amount_fen', { mode: 'bigint' }).notNull(),
    evidence: json('evidence').$type<FlagEvidence>().notNull(),
    reason: text('reason'),
    status: text('status', { enum: ['OPEN', 'CLEARED', 'UPHELD'] }).notNull(),
    raisedPerson: uuid('raised_person').notNull(),
    raisedOn: date('raised_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    decisionReason: text('decision_reason'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.flagId] })],
);
export type Flag = typeof flags.$inferSelect;
/** What a flag rests on: the numbers that were compared, by name, and the rows that they stand in. */
export interface FlagEvidence {
  readonly inputs: Readonly<Record<string, string>>;
  readonly rows: readonly { readonly kind: string; readonly id: string; readonly name: string }[];
}

export const facilityUsage = pgTable(
  'facility_usage',
  {
    bookId: uuid('book_id').notNull(),
    /** What it is of: facility, chip and period (`facilityUsageIdOf`). */
    facilityUsageId: text('facility_usage_id').notNull(),
    facilityId: uuid('facility_id').notNull(),
    chipVendor: text('chip_vendor').notNull(),
    chipModel: text('chip_model').notNull(),
    usageFrom: date('usage_from', { mode: 'string' }).notNull(),
    usageTo: date('usage_to', { mode: 'string' }).notNull(),
    cardHours: numeric('card_hours', { precision: 22, scale: 4 }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.facilityUsageId] })],
);
export type FacilityUsage = typeof facilityUsage.$inferSelect;

export const listPrices = pgTable(
  'list_prices',
  {
    bookId: uuid('book_id').notNull(),
    listPriceId: uuid('list_price_id').notNull(),
    providerId: uuid('provider_id').notNull(),
    chipVendor: text('chip_vendor').notNull(),
    chipModel: text('chip_model').notNull(),
    /** Yuan a card-hour, gross. */
    price: numeric('price', { precision: 18, scale: 6 }).notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    source: text('source').notNull(),
    revision: integer('revision').notNull(),
    recordedPerson: uuid('recorded_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.listPriceId] })],
);
export type ListPrice = typeof listPrices.$inferSelect;

export const flagParameters = pgTable(
  'flag_parameters',
  {
    bookId: uuid('book_id').notNull(),
    flagParameterId: uuid('flag_parameter_id').notNull(),
    kind: text('kind', { enum: ['CONTRACT_NEAR_DUPLICATE', 'CONTRACT_SPLIT', 'PRICE_FAR_FROM_LIST'] }).notNull(),
    basisPoints: integer('basis_points'),
    amountFen: bigint('amount_fen', { mode: 'bigint' }),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    documentNo: text('document_no').notNull(),
    revision: integer('revision').notNull(),
    recordedPerson: uuid('recorded_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.flagParameterId] })],
);
export type FlagParameter = typeof flagParameters.$inferSelect;

export const reminders = pgTable(
  'reminders',
  {
    bookId: uuid('book_id').notNull(),
    reminderId: text('reminder_id').notNull(),
    toldOn: date('told_on', { mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.reminderId] })],
);
export type Reminder = typeof reminders.$inferSelect;

export const exchangeMarks = pgTable(
  'exchange_marks',
  {
    bookId: uuid('book_id').notNull(),
    markId: uuid('mark_id').notNull(),
    invoiceId: uuid('invoice_id').notNull(),
    keyName: text('key_name').notNull(),
    numberHash: text('number_hash').notNull(),
    sellerHash: text('seller_hash').notNull(),
    amountHash: text('amount_hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.markId] })],
);
export type ExchangeMark = typeof exchangeMarks.$inferSelect;

export const foreignMarks = pgTable(
  'foreign_marks',
  {
    bookId: uuid('book_id').notNull(),
    foreignMarkId: uuid('foreign_mark_id').notNull(),
    source: text('source').notNull(),
    keyName: text('key_name').notNull(),
    numberHash: text('number_hash').notNull(),
    sellerHash: text('seller_hash').notNull(),
    amountHash: text('amount_hash').notNull(),
    importedPerson: uuid('imported_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.foreignMarkId] })],
);
export type ForeignMark = typeof foreignMarks.$inferSelect;

export const legalPersonHolders = pgTable(
  'legal_person_holders',
  {
    bookId: uuid('book_id').notNull(),
    holderRecordId: uuid('holder_record_id').notNull(),
    legalPersonUscc: text('legal_person_uscc').notNull(),
    role: text('role', { enum: ['SHAREHOLDER', 'LEGAL_REPRESENTATIVE', 'OFFICER'] }).notNull(),
    /** A legal person's code, or the fingerprint of a natural person's document. */
    holder: text('holder').notNull(),
    holderName: text('holder_name').notNull(),
    isState: boolean('is_state').notNull(),
    holds: boolean('holds').notNull(),
    validFrom: date('valid_from', { mode: 'string' }).notNull(),
    validTo: date('valid_to', { mode: 'string' }),
    source: text('source').notNull(),
    revision: integer('revision').notNull(),
    recordedPerson: uuid('recorded_person').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.holderRecordId] })],
);
export type LegalPersonHolder = typeof legalPersonHolders.$inferSelect;

export const accessTrail = pgTable(
  'access_trail',
  {
    bookId: uuid('book_id').notNull(),
    trailId: uuid('trail_id').notNull(),
    happenedAt: timestamp('happened_at', { withTimezone: true, mode: 'string' }).notNull(),
    action: text('action').notNull(),
    subject: text('subject'),
    outcome: text('outcome', { enum: ['ALLOWED', 'DENIED'] }).notNull(),
    code: text('code'),
    memberId: uuid('member_id'),
    personId: uuid('person_id'),
    role: text('role'),
    means: text('means', { enum: ['KEY', 'SIGNED_KEY', 'SESSION'] }),
    credential: text('credential'),
    address: text('address').notNull(),
    requestId: text('request_id'),
    alike: integer('alike')
      .notNull()
      .default(sql`1`),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.trailId] })],
);
export type AccessTrailRow = typeof accessTrail.$inferSelect;

export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    bookId: uuid('book_id').notNull(),
    endpointId: uuid('endpoint_id').notNull(),
    memberId: uuid('member_id').notNull(),
    addressee: text('addressee').notNull(),
    url: text('url').notNull(),
    secretSealed: text('secret_sealed').notNull(),
    previousSealed: text('previous_sealed'),
    previousUntil: timestamp('previous_until', { withTimezone: true, mode: 'string' }),
    status: text('status', { enum: ['ACTIVE', 'DISABLED', 'ENDED'] }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.endpointId] })],
);
export type WebhookEndpoint = typeof webhookEndpoints.$inferSelect;

export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    bookId: uuid('book_id').notNull(),
    endpointId: uuid('endpoint_id').notNull(),
    messageId: uuid('message_id').notNull(),
    kind: text('kind').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subjectId: uuid('subject_id').notNull(),
    ledgerSeq: bigint('ledger_seq', { mode: 'bigint' }).notNull(),
    stagedAt: timestamp('staged_at', { withTimezone: true, mode: 'string' }).notNull(),
    status: text('status', { enum: ['WAITING', 'DELIVERED', 'DEAD'] }).notNull(),
    attempts: integer('attempts').notNull(),
    nextAt: timestamp('next_at', { withTimezone: true, mode: 'string' }).notNull(),
    leaseOwner: uuid('lease_owner'),
    firstFailedAt: timestamp('first_failed_at', { withTimezone: true, mode: 'string' }),
    deliveredAt: timestamp('delivered_at', { withTimezone: true, mode: 'string' }),
    failure: text('failure'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.endpointId, t.messageId] })],
);
export type WebhookDelivery = typeof webhookDeliveries.$inferSelect;

export const invitations = pgTable(
  'invitations',
  {
    bookId: uuid('book_id').notNull(),
    invitationId: uuid('invitation_id').notNull(),
    memberId: uuid('member_id').notNull(),
    personId: uuid('person_id').notNull(),
    signInName: text('sign_in_name').notNull(),
    tokenHash: text('token_hash').notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true, mode: 'string' }).notNull(),
    invitedMember: uuid('invited_member').notNull(),
    acceptedAt: timestamp('accepted_at', { withTimezone: true, mode: 'string' }),
    withdrawnAt: timestamp('withdrawn_at', { withTimezone: true, mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    replacesAccount: boolean('replaces_account').notNull(),
    invitedPerson: uuid('invited_person'),
    confirmedPerson: uuid('confirmed_person'),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.invitationId] })],
);
export type Invitation = typeof invitations.$inferSelect;

export const userAccounts = pgTable(
  'user_accounts',
  {
    bookId: uuid('book_id').notNull(),
    personId: uuid('person_id').notNull(),
    signInName: text('sign_in_name').notNull(),
    invitationId: uuid('invitation_id').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.personId] })],
);
export type UserAccount = typeof userAccounts.$inferSelect;

export const credentials = pgTable(
  'credentials',
  {
    bookId: uuid('book_id').notNull(),
    invitationId: uuid('invitation_id').notNull(),
    passwordHash: text('password_hash'),
    passwordSetAt: timestamp('password_set_at', { withTimezone: true, mode: 'string' }),
    totpSealed: text('totp_sealed'),
    totpLastStep: bigint('totp_last_step', { mode: 'bigint' }).notNull(),
    totpNextSealed: text('totp_next_sealed'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.invitationId] })],
);

export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    bookId: uuid('book_id').notNull(),
    invitationId: uuid('invitation_id').notNull(),
    codeHash: text('code_hash').notNull(),
    usedAt: timestamp('used_at', { withTimezone: true, mode: 'string' }),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.invitationId, t.codeHash] })],
);

export const sessions = pgTable(
  'sessions',
  {
    bookId: uuid('book_id').notNull(),
    sessionId: uuid('session_id').notNull(),
    secretHash: text('secret_hash').notNull(),
    invitationId: uuid('invitation_id').notNull(),
    personId: uuid('person_id').notNull(),
    memberId: uuid('member_id').notNull(),
    beganBy: text('began_by', { enum: ['PASSWORD', 'ISSUER', 'INVITATION'] }).notNull(),
    device: text('device').notNull(),
    addressSealed: text('address_sealed').notNull(),
    secondFactorAt: timestamp('second_factor_at', { withTimezone: true, mode: 'string' }),
    beganAt: timestamp('began_at', { withTimezone: true, mode: 'string' }).notNull(),
    seenAt: timestamp('seen_at', { withTimezone: true, mode: 'string' }).notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true, mode: 'string' }).notNull(),
    endedAt: timestamp('ended_at', { withTimezone: true, mode: 'string' }),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.sessionId] })],
);
export type Session = typeof sessions.$inferSelect;

export const pendingSignIns = pgTable(
  'pending_sign_ins',
  {
    bookId: uuid('book_id').notNull(),
    pendingHash: text('pending_hash').notNull(),
    invitationId: uuid('invitation_id').notNull(),
    beganBy: text('began_by', { enum: ['PASSWORD', 'ISSUER'] }).notNull(),
    tries: integer('tries').notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.pendingHash] })],
);

export const signInAttempts = pgTable(
  'sign_in_attempts',
  {
    bookId: uuid('book_id').notNull(),
    nameKey: text('name_key').notNull(),
    origin: text('origin').notNull(),
    attempts: integer('attempts').notNull(),
    nextAt: timestamp('next_at', { withTimezone: true, mode: 'string' }).notNull(),
    lastAt: timestamp('last_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.nameKey, t.origin] })],
);

export const knownOrigins = pgTable(
  'known_origins',
  {
    bookId: uuid('book_id').notNull(),
    invitationId: uuid('invitation_id').notNull(),
    origin: text('origin').notNull(),
    seenAt: timestamp('seen_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.invitationId, t.origin] })],
);

export const issuerSubjects = pgTable(
  'issuer_subjects',
  {
    bookId: uuid('book_id').notNull(),
    subjectFingerprint: text('subject_fingerprint').notNull(),
    invitationId: uuid('invitation_id').notNull(),
    issuer: text('issuer').notNull(),
    linkedAt: timestamp('linked_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.subjectFingerprint] })],
);

export const issuerFlows = pgTable(
  'issuer_flows',
  {
    bookId: uuid('book_id').notNull(),
    stateHash: text('state_hash').notNull(),
    browserHash: text('browser_hash').notNull(),
    issuer: text('issuer').notNull(),
    sealed: text('sealed').notNull(),
    invitationId: uuid('invitation_id'),
    expiresAt: timestamp('expires_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.stateHash] })],
);

export const customRoles = pgTable(
  'custom_roles',
  {
    bookId: uuid('book_id').notNull(),
    customRoleId: uuid('custom_role_id').notNull(),
    code: text('code').notNull(),
    name: text('name').notNull(),
    parts: jsonb('parts').$type<readonly Role[]>().notNull(),
    rights: jsonb('rights').$type<readonly string[]>(),
    readOnly: boolean('read_only').notNull(),
    digest: text('digest').notNull(),
    status: text('status', { enum: ['PROPOSED', 'ACTIVE', 'SUPERSEDED', 'WITHDRAWN'] }).notNull(),
    proposedPerson: uuid('proposed_person').notNull(),
    proposedOn: date('proposed_on', { mode: 'string' }).notNull(),
    decidedPerson: uuid('decided_person'),
    decidedOn: date('decided_on', { mode: 'string' }),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.customRoleId] })],
);
export type CustomRole = typeof customRoles.$inferSelect;

export const months = pgTable(
  'months',
  {
    bookId: uuid('book_id').notNull(),
    monthId: uuid('month_id').notNull(),
    month: text('month').notNull(),
    status: text('status', { enum: ['CLOSING', 'SEALED'] }).notNull(),
    shutPerson: uuid('shut_person').notNull(),
    shutOn: date('shut_on', { mode: 'string' }).notNull(),
    sealedPerson: uuid('sealed_person'),
    sealedOn: date('sealed_on', { mode: 'string' }),
    buildId: uuid('build_id'),
    cutOffSeq: bigint('cut_off_seq', { mode: 'bigint' }),
    dataDigest: text('data_digest'),
    balancesDigest: text('balances_digest'),
    sealDigest: text('seal_digest'),
    toldBuildId: uuid('told_build_id'),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.monthId] })],
);
export type Month = typeof months.$inferSelect;

export const monthBuilds = pgTable(
  'month_builds',
  {
    bookId: uuid('book_id').notNull(),
    buildId: uuid('build_id').notNull(),
    monthId: uuid('month_id').notNull(),
    state: text('state', { enum: ['RUNNING', 'DONE', 'FAILED'] }).notNull(),
    step: text('step', { enum: ['CHECK', 'LINES', 'BALANCES', 'PACK', 'STORE'] }).notNull(),
    entriesTotal: bigint('entries_total', { mode: 'bigint' }),
    entriesDone: bigint('entries_done', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    cutOffSeq: bigint('cut_off_seq', { mode: 'bigint' }),
    obstacles: json('obstacles').$type<readonly Obstacle[]>(),
    lineCount: integer('line_count'),
    dataDigest: text('data_digest'),
    balancesDigest: text('balances_digest'),
    packDigest: text('pack_digest'),
    packBytes: bigint('pack_bytes', { mode: 'bigint' }),
    failure: text('failure'),
    attempts: integer('attempts')
      .notNull()
      .default(sql`0`),
    leaseOwner: uuid('lease_owner'),
    leaseUntil: timestamp('lease_until', { withTimezone: true, mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull(),
    endedAt: timestamp('ended_at', { withTimezone: true, mode: 'string' }),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.buildId] })],
);
export type MonthBuild = typeof monthBuilds.$inferSelect;

export const monthParties = pgTable(
  'month_parties',
  {
    bookId: uuid('book_id').notNull(),
    buildId: uuid('build_id').notNull(),
    subjectId: uuid('subject_id').notNull(),
    partyId: uuid('party_id').notNull(),
    side: text('side', { enum: ['enterprise', 'provider'] }).notNull(),
    uscc: text('uscc').notNull(),
    name: text('name').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bookId, t.buildId, t.subjectId] })],
);
export type MonthParty = typeof monthParties.$inferSelect;
