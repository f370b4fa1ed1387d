// An amendment (变更) of a filed contract: what it is to say, who may do what with it when, and what becomes of the contract. Pure.
import type { z } from 'zod';
import type { Contract, ContractAmendment, ContractLine, ContractVersion, ContractVersionLine } from '../../db/tables.js';
import type { amendContract, amendment as shown } from '../../schemas/contracts.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { Change } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life } from '../lives.js';
import type { Parties } from './facts.js';
import { contractLineShelf, contractShelf, contractVersionLineShelf, contractVersionShelf } from './facts.js';
import type { Amounts, Model, WholeContract } from './rules.js';
import {
  checkDays,
  contentDigest,
  fingerprintOf,
  formatQuantity,
  modelIn,
  presentAmounts,
  readAmounts,
  sha256,
} from './rules.js';

/** Both sides confirm an amendment and the bureau files it; withdrawn by the side that proposed it, before it is confirmed. */
export const amendmentLife = life({
  of: 'amendment',
  code: 'AMENDMENT_WRONG_STATE',
  states: {
    PROPOSED: ['confirm', 'withdraw', 'reject'],
    CONFIRMED: ['file', 'reject'],
    FILED: [],
    WITHDRAWN: [],
    REJECTED: [],
  },
});

export const isOpen = ({ status }: ContractAmendment): boolean => status === 'PROPOSED' || status === 'CONFIRMED';

/** A line as it is to be; amounts in fen as text. A new one has an id of its own already. */
type LineToBe = Pick<
  ContractLine,
  'contractLineId' | 'lineNo' | 'description' | 'serviceItem' | 'facilityId' | 'chipId' | 'unit' | 'quantity' | keyof Model
> &
  Record<keyof Amounts, string>;
export const linesOf = (of: ContractAmendment): readonly LineToBe[] => of.lines as LineToBe[];

type Sent = z.output<typeof amendContract>;
type NewLine = NonNullable<Sent['newLines']>[number];
/** What is to be said, tied out: the contract with its amounts and days, and its lines in order, new ones last. */
interface ToBe {
  readonly kind: 'amended';
  readonly content: Pick<ContractAmendment, 'signedOn' | 'startsOn' | 'endsOn' | keyof Amounts>;
  readonly lines: readonly LineToBe[];
  readonly fingerprint: string;
}

/**
 * What the contract is to say: lines that are named as they are named, the others as they stand, new ones numbered on. Refuses as
 * submitting does (days, amounts), AMENDMENT_SIGNED_BEFORE_CONTRACT, CONTRACT_LINE_UNKNOWN, AMOUNT_ZERO for a line of amounts without a
 * quantity or the other way round, AMENDMENT_CHANGES_NOTHING.
 */
export function contentToBe(
  whole: WholeContract & Parties,
  sent: Sent,
  today: Day,
  of: { readonly chipIds: readonly (string | null)[]; readonly newId: () => string },
): ToBe | Refused {
  const { contract } = whole;
  const { signedOn, startsOn = contract.startsOn, endsOn = contract.endsOn } = sent;
  const badDays = checkDays({ signedOn, startsOn, endsOn }, today);
  if (badDays) return badDays;
  if (signedOn < contract.signedOn) {
    return refused('AMENDMENT_SIGNED_BEFORE_CONTRACT', { signedOn, contractSignedOn: contract.signedOn }, '/signedOn');
  }
  const named = sent.lines ?? [];
  const strange = named.findIndex(
    ({ lineNo }, i) =>
      !whole.lines.some(({ line }) => line.lineNo === lineNo) || named.findIndex((n) => n.lineNo === lineNo) !== i,
  );
  if (strange >= 0) {
    return refused(
      'CONTRACT_LINE_UNKNOWN',
      { contractNo: contract.contractNo, lineNo: String(named[strange]?.lineNo) },
      `/lines/${strange}/lineNo`,
    );
  }
  const kept = whole.lines.map(({ line }) => ({
    line,
    stated: named.find(({ lineNo }) => lineNo === line.lineNo) ?? { ...presentAmounts(line), quantity: line.quantity },
  }));
  const added = sent.newLines ?? [];
  const stated = [...kept.map(({ stated }) => stated), ...added];
  const hasAny = (text: string) => /[1-9]/.test(text);
  const isEmpty = (line: (typeof stated)[number]) => !hasAny(line.quantity) && !hasAny(line.gross) && !hasAny(line.net);
  const amounts = readAmounts({ ...sent, lines: stated.filter((line) => !isEmpty(line)) });
  if (amounts.kind === 'refused') return amounts;
  const tied = new Map(stated.filter((line) => !isEmpty(line)).map((line, i) => [line, amounts.lines[i]]));
  const textOf = (line: (typeof stated)[number]): Record<keyof Amounts, string> => {
    const { netFen = 0n, vatFen = 0n, grossFen = 0n } = tied.get(line) ?? {};
    return { netFen: String(netFen), vatFen: String(vatFen), grossFen: String(grossFen) };
  };
  const last = Math.max(0, ...whole.lines.map(({ line }) => line.lineNo));
  const lines: LineToBe[] = [
    ...kept.map(({ line, stated: to }) => ({
      contractLineId: line.contractLineId,
      lineNo: line.lineNo,
      description: line.description,
      serviceItem: line.serviceItem,
      facilityId: line.facilityId,
      chipId: line.chipId,
      unit: line.unit,
      quantity: formatQuantity(to.quantity),
      modelClass: line.modelClass,
      modelRegistrationNo: line.modelRegistrationNo,
      ...textOf(to),
    })),
    ...added.map((line: NewLine, i) => ({
      contractLineId: of.newId(),
      lineNo: last + i + 1,
      description: line.description,
      serviceItem: line.serviceItem,
      facilityId: line.facilityId,
      chipId: of.chipIds[i] ?? null,
      unit: line.unit,
      quantity: formatQuantity(line.quantity),
      modelClass: line.modelClass ?? null,
      modelRegistrationNo: line.modelRegistrationNo ?? null,
      ...textOf(line),
    })),
  ];
  const changes =
    added.length > 0 ||
    startsOn !== contract.startsOn ||
    endsOn !== contract.endsOn ||
    kept.some(({ line }, i) => differs(line, lines[i]));
  if (!changes) return refused('AMENDMENT_CHANGES_NOTHING', { contractNo: contract.contractNo });
  const content = { signedOn, startsOn, endsOn, ...amounts.total };
  return { kind: 'amended', content, lines, fingerprint: fingerprintOf(content, whole) };
}

const differs = (line: ContractLine, to: LineToBe | undefined): boolean =>
  formatQuantity(line.quantity) !== to?.quantity ||
  [line.netFen, line.vatFen, line.grossFen].join() !== [to.netFen, to.vatFen, to.grossFen].join();

/**
 * What confirming and filing an amendment approve: SHA-256 (hex) of the JSON array of the contract, the version it makes, its days, its
 * totals in fen and its lines.
 */
export const amendmentDigestOf = (
  of: Pick<ContractAmendment, 'contractId' | 'version' | 'signedOn' | 'startsOn' | 'endsOn' | keyof Amounts>,
  lines: readonly LineToBe[],
): string =>
  sha256([
    of.contractId,
    of.version,
    of.signedOn,
    of.startsOn,
    of.endsOn,
    ...[of.netFen, of.vatFen, of.grossFen].map(String),
    lines.map((line) => [
      line.lineNo,
      line.description,
      line.serviceItem,
      line.facilityId,
      line.chipId,
      line.unit,
      line.quantity,
      line.netFen,
      line.vatFen,
      line.grossFen,
      ...modelIn(line),
    ]),
  ]);

/**
 * The contract as a filed amendment leaves it, and what that changes: its row, its lines, and what it said before, kept as a version.
 * `originOf` tells the origin of a new line's chip by the catalogue of this day.
 */
export function amended(
  { contract: before, lines }: WholeContract,
  amendment: ContractAmendment,
  of: {
    readonly today: Day;
    readonly recordedAt: string;
    readonly newId: () => string;
    /** When the version before was signed and filed: those of the amendment that made it, or of the contract. */
    readonly since: { readonly signedOn: Day; readonly filedOn: Day };
    readonly chipOf: (chipId: string) => NonNullable<WholeContract['lines'][number]['chip']>;
  },
): WholeContract & { readonly changes: Change[] } {
  const { bookId, contractId, version } = before;
  const past: ContractVersion = {
    bookId,
    contractVersionId: of.newId(),
    contractId,
    version,
    ...of.since,
    startsOn: before.startsOn,
    endsOn: before.endsOn,
    netFen: before.netFen,
    vatFen: before.vatFen,
    grossFen: before.grossFen,
    fingerprint: before.fingerprint,
    contentDigest: contentDigest({ contract: before, lines }),
    supersededOn: of.today,
    recordedAt: of.recordedAt,
  };
  const pastLines = lines.map(({ line }): ContractVersionLine => ({
    bookId,
    contractVersionLineId: of.newId(),
    contractId,
    version,
    contractLineId: line.contractLineId,
    quantity: line.quantity,
    netFen: line.netFen,
    vatFen: line.vatFen,
    grossFen: line.grossFen,
  }));
  const contract: Contract = {
    ...before,
    status: 'AMENDED',
    version: amendment.version,
    startsOn: amendment.startsOn,
    endsOn: amendment.endsOn,
    netFen: amendment.netFen,
    vatFen: amendment.vatFen,
    grossFen: amendment.grossFen,
    fingerprint: amendment.fingerprint,
  };
  const known = new Map(lines.map(({ line, chip }) => [line.contractLineId, { line, chip }]));
  const after = linesOf(amendment).map((to) => {
    const amounts = { netFen: BigInt(to.netFen), vatFen: BigInt(to.vatFen), grossFen: BigInt(to.grossFen) };
    const old = known.get(to.contractLineId);
    if (old) return { line: { ...old.line, quantity: to.quantity, ...amounts }, chip: old.chip };
    const chip = to.chipId === null ? null : of.chipOf(to.chipId);
    return { line: { ...to, bookId, contractId, chipOrigin: chip?.origin ?? null, ...amounts }, chip };
  });
  return {
    contract,
    lines: after,
    changes: [
      update(contractShelf, contract),
      insert(contractVersionShelf, past),
      ...pastLines.map((line) => insert(contractVersionLineShelf, line)),
      ...after.map(({ line }) =>
        known.has(line.contractLineId) ? update(contractLineShelf, line) : insert(contractLineShelf, line),
      ),
    ],
  };
}

export const presentAmendment = (row: ContractAmendment): z.input<typeof shown> => ({
  amendmentId: row.amendmentId,
  contractId: row.contractId,
  version: row.version,
  signedOn: row.signedOn,
  startsOn: row.startsOn,
  endsOn: row.endsOn,
  ...presentAmounts(row),
  reason: row.reason,
  status: row.status,
  proposedBy: row.proposedSide,
  contentDigest: row.contentDigest,
  decidedOn: row.decidedOn,
  decisionReason: row.decisionReason,
  recordedAt: formatInstant(new Date(row.recordedAt)),
  lines: linesOf(row).map(({ lineNo, description, serviceItem, unit, quantity, netFen, vatFen, grossFen, ...model }) => ({
    lineNo,
    description,
    serviceItem,
    unit,
    quantity,
    modelClass: model.modelClass,
    modelRegistrationNo: model.modelRegistrationNo,
    ...presentAmounts({ netFen: BigInt(netFen), vatFen: BigInt(vatFen), grossFen: BigInt(grossFen) }),
  })),
});
