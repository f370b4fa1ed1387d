// A contract as submitted, confirmed, filed (备案), amended and ended: what must tie out, who may do what when, and how it is shown. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Chip, Contract, ContractDraft, ContractLine, Enterprise, Provider } from '../../db/tables.js';
import type { contract as shown, contractDraft as draftShown } from '../../schemas/contracts.js';
import { draftContract, submitContract } from '../../schemas/contracts.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { Actor, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life } from '../lives.js';
import type { Fen } from '../money.js';
import { formatYuan, parseYuan, sumFen } from '../money.js';

/** A contract with its lines in order, each with the chip it names. */
export interface WholeContract {
  readonly contract: Contract;
  readonly lines: readonly { readonly line: ContractLine; readonly chip: Chip | null }[];
}

/** Net, VAT and gross, in fen. */
export interface Amounts {
  readonly netFen: Fen;
  readonly vatFen: Fen;
  readonly grossFen: Fen;
}

/** Net, VAT and gross as they are sent: yuan. */
export interface Stated {
  readonly net: string;
  readonly vat: string;
  readonly gross: string;
}

export type Side = Contract['submittedSide'];
type Sent = z.output<typeof submitContract>;

/**
 * For which side of a contract a member of the trade acts: by its role, and only for its own legal person. Null for who is
 * neither, and to whom the contract therefore does not exist.
 */
export function sideOf(actor: Pick<Actor, 'role' | 'legalPersonUscc'>, enterprise: Enterprise, provider: Provider): Side | null {
  if (actor.role === 'enterprise' && actor.legalPersonUscc === enterprise.legalPersonUscc) return 'enterprise';
  if (actor.role === 'provider' && actor.legalPersonUscc === provider.actingUscc) return 'provider';
  return null;
}

/** Refuses a period that ends before it starts, and a signature of a day to come or after the period's last day. */
export function checkDays(of: Pick<Sent, 'signedOn' | 'startsOn' | 'endsOn'>, today: Day): Refused | null {
  const { signedOn, startsOn, endsOn } = of;
  if (endsOn < startsOn) return refused('PERIOD_ENDS_BEFORE_START', { from: startsOn, to: endsOn }, '/endsOn');
  if (signedOn > today) return refused('DAY_IN_FUTURE', { day: signedOn, today }, '/signedOn');
  if (signedOn > endsOn) return refused('SIGNED_AFTER_END', { signedOn, endsOn }, '/signedOn');
  return null;
}

/**
 * Reads the amounts and holds them against each other to the fen: of the contract and of each line, net + VAT = gross; the
 * lines' sums are the contract's totals. VAT may be zero, net and gross may not. Refuses with AMOUNT_ZERO, QUANTITY_ZERO or
 * CONTRACT_DOES_NOT_ADD_UP at the field that is wrong.
 */
export function readAmounts(
  of: Stated & { readonly lines: readonly (Stated & { readonly quantity: string })[] },
): { kind: 'tied'; total: Amounts; lines: Amounts[] } | Refused {
  const total = amountsOf(of);
  const lines = of.lines.map(amountsOf);
  const bad = untied(total, '') ?? lines.reduce<Refused | null>((found, line, i) => found ?? untied(line, `/lines/${i}`), null);
  if (bad) return bad;
  const empty = of.lines.findIndex((line) => !/[1-9]/.test(line.quantity));
  if (empty >= 0) return refused('QUANTITY_ZERO', {}, `/lines/${empty}/quantity`);
  for (const [field, pointer] of [
    ['netFen', '/net'],
    ['vatFen', '/vat'],
    ['grossFen', '/gross'],
  ] as const) {
    const sum = sumFen(lines.map((line) => line[field]));
    if (sum !== total[field]) return doesNotAddUp(total[field], sum, pointer);
  }
  return { kind: 'tied', total, lines };
}

function untied(of: Amounts, at: string): Refused | null {
  if (of.netFen === 0n) return refused('AMOUNT_ZERO', {}, `${at}/net`);
  if (of.grossFen === 0n) return refused('AMOUNT_ZERO', {}, `${at}/gross`);
  const sum = of.netFen + of.vatFen;
  return sum === of.grossFen ? null : doesNotAddUp(of.grossFen, sum, `${at}/gross`);
}

const doesNotAddUp = (stated: Fen, sum: Fen, pointer: string): Refused =>
  refused('CONTRACT_DOES_NOT_ADD_UP', { stated: formatYuan(stated), sum: formatYuan(sum) }, pointer);

const amountsOf = (of: { net: string; vat: string; gross: string }): Amounts => ({
  netFen: fenOf(of.net),
  vatFen: fenOf(of.vat),
  grossFen: fenOf(of.gross),
});

function fenOf(text: string): Fen {
  const fen = parseYuan(text);
  if (fen === null) throw new Error('the schema let an amount through that is none');
  return fen;
}

/**
 * What makes two contracts the same one under another number: SHA-256 (hex) of the JSON array of the enterprise's and the
 * provider's legal person, the first and last day and the gross amount in fen as text.
 */
export const fingerprintOf = (
  of: Pick<Contract, 'startsOn' | 'endsOn' | 'grossFen'>,
  parties: { enterprise: Pick<Enterprise, 'legalPersonUscc'>; provider: Pick<Provider, 'legalPersonUscc'> },
): string =>
  sha256([parties.enterprise.legalPersonUscc, parties.provider.legalPersonUscc, of.startsOn, of.endsOn, of.grossFen.toString()]);

/**
 * What a confirmation and a filing approve: SHA-256 (hex) of the JSON array of everything that was submitted and cannot
 * change since, amounts in fen as text, then one array per line in order, which ends with its model where it names one.
 */
export const contentDigest = ({ contract, lines }: WholeContract): string =>
  sha256([
    contract.contractId,
    contract.contractNo,
    contract.enterpriseId,
    contract.providerId,
    contract.signedOn,
    contract.startsOn,
    contract.endsOn,
    contract.purpose,
    ...[contract.netFen, contract.vatFen, contract.grossFen].map(String),
    lines.map(({ line }) => [
      line.lineNo,
      line.description,
      line.serviceItem,
      line.facilityId,
      line.chipId,
      line.unit,
      formatQuantity(line.quantity),
      ...[line.netFen, line.vatFen, line.grossFen].map(String),
      ...modelIn(line),
    ]),
  ]);

/** Refuses MODEL_NOT_CHECKED where a line names a model and whoever files does not say that it was held against the register. */
export function refuseUnchecked(
  lines: readonly (Model & Pick<ContractLine, 'lineNo'>)[],
  { modelsChecked }: { readonly modelsChecked: boolean },
): Refused | null {
  const named = modelsChecked ? undefined : lines.find(({ modelClass }) => modelClass !== null);
  if (!named) return null;
  const { lineNo, modelClass, modelRegistrationNo } = named;
  const params = { lineNo: String(lineNo), class: modelClass ?? '', registrationNo: modelRegistrationNo ?? '' };
  return refused('MODEL_NOT_CHECKED', params, '/modelsChecked');
}

/** The model of a line, for a digest: a line that names none has the digest it would have without this. */
export const modelIn = ({ modelClass, modelRegistrationNo }: Model): string[] =>
  modelClass === null ? [] : [modelClass, modelRegistrationNo ?? ''];

export type Model = Pick<ContractLine, 'modelClass' | 'modelRegistrationNo'>;

/** The model as it is kept. Refuses MISSING_FIELD when only its class or only its number is given. */
export function readModel(
  of: { readonly modelClass?: string | undefined; readonly modelRegistrationNo?: string | undefined },
  pointer: string,
): ({ kind: 'model' } & Model) | Refused {
  const { modelClass = null, modelRegistrationNo = null } = of;
  if (modelClass === null && modelRegistrationNo !== null) return refused('MISSING_FIELD', {}, `${pointer}/modelClass`);
  if (modelClass !== null && modelRegistrationNo === null) return refused('MISSING_FIELD', {}, `${pointer}/modelRegistrationNo`);
  return { kind: 'model', modelClass, modelRegistrationNo };
}

export const sha256 = (content: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');

/**
 * The life of a contract. Both sides confirm it, the bureau files it, and likewise every amendment (the number of filed ones is its
 * version). Withdrawn before it is confirmed, rejected before it is filed; completed after its last day, terminated before it, voided by
 * another person than who filed it.
 */
export const contractLife = life({
  of: 'contract',
  code: 'CONTRACT_WRONG_STATE',
  states: {
    SUBMITTED: ['confirm', 'withdraw', 'reject'],
    CONFIRMED: ['file', 'reject'],
    FILED: ['amend', 'complete', 'terminate', 'void'],
    AMENDED: ['amend', 'complete', 'terminate', 'void'],
    COMPLETED: ['void'],
    TERMINATED: ['void'],
    VOIDED: [],
    WITHDRAWN: [],
    REJECTED: [],
  },
});

/** The life of a draft: written until it is submitted, which makes a contract of its id, or discarded. */
export const contractDraftLife = life({
  of: 'contract_draft',
  code: 'CONTRACT_DRAFT_WRONG_STATE',
  states: { DRAFT: ['revise', 'submit', 'discard'], SUBMITTED: [], DISCARDED: [] },
});

type Status = Contract['status'];
/** Whether a contract is filed and goes on: what may be applied for, and amended. */
export const isInForce = ({ status }: { readonly status: Status }): boolean => status === 'FILED' || status === 'AMENDED';

/** Refuses what needs a contract that goes on: CONTRACT_NOT_FILED before it is filed, CONTRACT_ENDED after its end. */
export function refuseUnlessInForce({ contractNo, status, endedOn }: Contract): Refused | null {
  if (isInForce({ status })) return null;
  if (status === 'SUBMITTED' || status === 'CONFIRMED')
    return refused('CONTRACT_NOT_FILED', { contractNo, status }, '/contractId');
  return refused('CONTRACT_ENDED', { contractNo, status, day: endedOn ?? '' }, '/contractId');
}

const bars: Readonly<Record<Status, boolean>> = {
  SUBMITTED: true,
  CONFIRMED: true,
  FILED: true,
  AMENDED: true,
  COMPLETED: true,
  TERMINATED: true,
  VOIDED: false,
  WITHDRAWN: false,
  REJECTED: false,
};
/** Whether a contract was not withdrawn, rejected or voided. */
export const isStanding = ({ status }: { readonly status: Status }): boolean => bars[status];
/** Of contracts of one number or one content the one that bars another. */
export const barring = <Row extends { readonly status: Status }>(alike: readonly Row[]): Row | undefined =>
  alike.find(isStanding);

/** The last day of usage, inclusive: of the contract's period, or the day it was terminated by. */
export const lastDayOf = ({ endsOn, lastDay }: Pick<Contract, 'endsOn' | 'lastDay'>): Day => lastDay ?? endsOn;

/** A quantity without the zeros that the database's four decimals add: `736.5000` is `736.5`. */
export const formatQuantity = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** The contract as it is shown, with its lines. */
export const presentContract = ({ contract, lines }: WholeContract): z.input<typeof shown> => ({
  contractId: contract.contractId,
  contractNo: contract.contractNo,
  enterpriseId: contract.enterpriseId,
  providerId: contract.providerId,
  signedOn: contract.signedOn,
  startsOn: contract.startsOn,
  endsOn: contract.endsOn,
  purpose: contract.purpose,
  ...presentAmounts(contract),
  status: contract.status,
  version: contract.version,
  submittedBy: contract.submittedSide,
  filingNo: contract.filingNo,
  filedOn: contract.filedOn,
  lastDay: contract.lastDay,
  endedOn: contract.endedOn,
  endReason: contract.endReason,
  isFlagged: contract.holdingFlags > 0,
  formerly: contract.formerly.map(({ enterpriseId, legalPersonUscc, until }) => ({ enterpriseId, legalPersonUscc, until })),
  recordedAt: formatInstant(new Date(contract.recordedAt)),
  lines: lines.map(({ line, chip }) => ({
    lineNo: line.lineNo,
    description: line.description,
    serviceItem: line.serviceItem,
    facilityId: line.facilityId,
    chipVendor: chip?.vendor ?? null,
    chipModel: chip?.model ?? null,
    chipOrigin: line.chipOrigin,
    modelClass: line.modelClass,
    modelRegistrationNo: line.modelRegistrationNo,
    unit: line.unit,
    quantity: formatQuantity(line.quantity),
    ...presentAmounts(line),
  })),
});

/**
 * A draft's content as the submission that it would be, or JSON pointers to all that a submission still needs. What stands in a draft has
 * the form of a submission already.
 */
export function readDraft({
  content,
}: Pick<ContractDraft, 'content'>):
  { readonly kind: 'whole'; readonly body: Sent } | { readonly kind: 'missing'; readonly pointers: readonly string[] } {
  const read = submitContract.safeParse(content);
  if (read.success) return { kind: 'whole', body: read.data };
  return { kind: 'missing', pointers: read.error.issues.map(({ path }) => `/${path.join('/')}`) };
}

/** The draft as it is shown, with what it lacks. */
export function presentDraft(row: ContractDraft): z.input<typeof draftShown> {
  const read = readDraft(row);
  return {
    contractDraftId: row.contractDraftId,
    status: row.status,
    draftedBy: row.side,
    content: draftContract.parse(row.content),
    missing: read.kind === 'whole' ? [] : [...read.pointers],
    endedOn: row.endedOn,
    recordedAt: formatInstant(new Date(row.recordedAt)),
  };
}

export const presentAmounts = (of: Amounts) => ({
  net: formatYuan(of.netFen),
  vat: formatYuan(of.vatFen),
  gross: formatYuan(of.grossFen),
});
