// The base of an application, found in the book: the applicant's own usage invoices, or what it declares. Each line with what it
// rests on, and why it can not count if the book itself says so; what the law says of the rest comes after.
import type { Contract, Enterprise, ReimbursementLine } from '../../db/tables.js';
import { contractLinesOf } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { barring } from '../contracts/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { note } from '../ledger/facts.js';
import { providerShelf } from '../providers/facts.js';
import { invoiceLineShelf, invoiceShelf, redLetterLineShelf } from '../usage/facts.js';
import { netOf } from '../usage/rules.js';
import { gatherDealings } from './award-facts.js';
import { reimbursementLineShelf } from './facts.js';
import type { Declared } from './rules.js';
import { bookReasonOf } from './rules.js';

/** An invoice of the applicant's legal person that was issued, or paid on, in the base year. */
interface Candidate {
  readonly invoiceId: string;
  readonly contractId: string;
  /** How many lines it has. */
  readonly lines: number;
  /** The day of the last payment, if all that red letters left of it is paid. */
  readonly settledOn: Day | null;
}
/** By application: the invoices that its base is looked for in. */
const candidates = note<readonly Candidate[]>('invoices of a base year');

/**
 * How many lines one application may have: what a batch can weigh while others wait a fifth of a second at most (measured). Beyond it an
 * application takes the contracts one after another.
 */
export const mostLines = 2_000;

/** How many lines the invoices of a gathered base have. Those of a base beyond `mostLines` are counted, and not gathered. */
export const linesOfBase = (facts: Facts, reimbursementId: string): number =>
  facts.noted(candidates, reimbursementId).reduce((count, { lines }) => count + lines, 0);

/** Gathers the invoices, of every branch and all contracts or those named, that a base of settled fees is looked for in, with all they rest on. */
export async function gatherSettledFees(
  loader: Loader,
  of: {
    readonly enterprise: Enterprise;
    readonly reimbursementId: string;
    readonly baseYear: number;
    readonly contractIds: readonly string[] | undefined;
  },
): Promise<void> {
  const { enterprise, baseYear, reimbursementId } = of;
  const { legalPersonUscc } = enterprise;
  const [from, to] = [`${baseYear}-01-01`, `${baseYear}-12-31`];
  const found = await loader.tx.sql.prepared<Candidate[]>(
    `select i.invoice_id as "invoiceId", i.contract_id as "contractId", l.n as lines, case when i.paid_fen >= i.gross_fen - i.red_fen then p.last end as "settledOn"
       from enterprises e
       cross join lateral (select * from contracts c where c.book_id = e.book_id and c.enterprise_id = e.enterprise_id offset 0) c
       cross join lateral (select * from usage_invoices i where i.book_id = c.book_id and i.contract_id = c.contract_id offset 0) i
       cross join lateral (select min(paid_on) as first, max(paid_on) as last from enterprise_payments p
                            where p.book_id = i.book_id and p.invoice_id = i.invoice_id) p
       cross join lateral (select count(*)::int as n from usage_invoice_lines l
                            where l.book_id = i.book_id and l.invoice_id = i.invoice_id) l
      where e.book_id = $1 and e.legal_person_uscc = $2 and ($5::uuid[] is null or c.contract_id = any($5::uuid[]))
        and (i.issued_on between $3::date and $4::date or (p.last >= $3::date and p.first <= $4::date))
      order by i.invoice_id`,
    [loader.bookId, legalPersonUscc, from, to, of.contractIds === undefined ? null : [...of.contractIds]],
  );
  loader.note(candidates, reimbursementId, found);
  if (linesOfBase(loader.facts, reimbursementId) > mostLines) return;
  const ids = found.map(({ invoiceId }) => invoiceId);
  const [invoices] = await Promise.all([
    loader.load(invoiceShelf, 'id', ids),
    loader.load(invoiceLineShelf, 'invoice', ids),
    loader.load(redLetterLineShelf, 'invoice', ids),
    loader.load(
      reimbursementLineShelf,
      'invoice',
      ids.map((id) => [id, 'true']),
    ),
  ]);
  await gatherDealings(loader, {
    enterpriseIds: [enterprise.enterpriseId],
    contractIds: invoices.map(({ contractId }) => contractId),
    counterparties: [],
  });
}

/** Who applies, and the ids of what is made. */
interface Making {
  readonly enterprise: Enterprise;
  readonly reimbursementId: string;
  readonly newId: () => string;
}

/**
 * Every line of the gathered invoices, of all contracts or of those named, in the order of the invoices, for what red letters left of
 * it, each with the day on which the invoice was paid in full. One that the book itself rules out has its reason; the others are still to be weighed by the law.
 */
export function settledFees(facts: Facts, of: Making): ReimbursementLine[] {
  const found = facts.noted(candidates, of.reimbursementId);
  const contracts = new Map<string, Map<string, ReturnType<typeof contractLinesOf>[number]>>();
  const contractLine = (contractId: string, contractLineId: string) => {
    let lines = contracts.get(contractId);
    if (!lines) {
      lines = new Map(contractLinesOf(facts, contractId).map((line) => [line.contractLineId, line]));
      contracts.set(contractId, lines);
    }
    return there(lines.get(contractLineId));
  };
  return found
    .flatMap(({ invoiceId, settledOn }) => {
      const invoice = there(facts.get(invoiceShelf, invoiceId));
      const live = facts.all(reimbursementLineShelf, 'invoice', [invoiceId, 'true']);
      const lines = [...facts.all(invoiceLineShelf, 'invoice', invoiceId)].sort((a, b) => a.lineNo - b.lineNo);
      const red = facts.all(redLetterLineShelf, 'invoice', invoiceId);
      return lines.map((line) => ({
        invoice,
        line: netOf(line, red),
        settledOn,
        reason: bookReasonOf(invoice, line.invoiceLineId, live),
      }));
    })
    .map(({ invoice, line, settledOn, reason }, i): ReimbursementLine => {
      const bought = contractLine(invoice.contractId, line.contractLineId);
      const provider = facts.get(providerShelf, invoice.providerId);
      return {
        bookId: facts.bookId,
        reimbursementLineId: of.newId(),
        reimbursementId: of.reimbursementId,
        lineNo: i + 1,
        invoiceId: invoice.invoiceId,
        invoiceLineId: line.invoiceLineId,
        contractId: invoice.contractId,
        contractLineId: line.contractLineId,
        reference: invoice.invoiceNo,
        description: bought.description,
        counterpartyUscc: provider?.uscc ?? '',
        counterpartyName: provider?.name ?? '',
        serviceItem: bought.serviceItem,
        chipOrigin: bought.chipOrigin,
        netFen: line.netFen,
        vatFen: line.vatFen,
        grossFen: line.grossFen,
        usedFrom: invoice.usageFrom,
        usedTo: invoice.usageTo,
        settledOn,
        evidence: null,
        numberConflict: invoice.numberConflict,
        basisPoints: null,
        reason,
        isLive: false,
        modelClass: bought.modelClass,
        modelRegistrationNo: bought.modelRegistrationNo,
      };
    });
}

/** By contract of this book: whether money was given or promised for it already, as a voucher, or as a line that counts in a live application. */
const supported = note<boolean>('contracts that are supported');

/**
 * Gathers what a declared item may be on record as: the same number in a live application; a usage invoice of this book, which is then
 * held by it as a whole; or a contract that is filed in this book.
 */
export async function gatherDeclared(loader: Loader, enterprise: Enterprise, items: readonly Declared[]): Promise<void> {
  const [providers] = await Promise.all([
    loader.load(
      providerShelf,
      'uscc',
      items.map(({ counterpartyUscc }) => counterpartyUscc),
    ),
    loader.load(
      reimbursementLineShelf,
      'reference',
      items.map(({ counterpartyUscc, reference }) => [counterpartyUscc, reference, 'true']),
    ),
  ]);
  const providerOf = new Map(providers.map((row) => [row.uscc, row.providerId]));
  const numbers = items.flatMap(({ counterpartyUscc, reference }) => {
    const providerId = providerOf.get(counterpartyUscc);
    return providerId === undefined ? [] : [[reference, providerId]];
  });
  const [invoices, contracts] = await Promise.all([
    loader.load(invoiceShelf, 'number', numbers),
    loader.load(contractShelf, 'number', numbers),
  ]);
  const contractIds = contracts.map(({ contractId }) => contractId);
  const found = await loader.tx.sql.prepared<{ contractId: string }[]>(
    `select u.contract_id as "contractId" from unnest($2::uuid[]) as u (contract_id)
      where exists (select from vouchers v where v.book_id = $1 and v.contract_id = u.contract_id)
         or exists (select from reimbursement_lines l where l.book_id = $1 and l.contract_id = u.contract_id and l.is_live)`,
    [loader.bookId, contractIds],
  );
  const given = new Set(found.map(({ contractId }) => contractId));
  for (const contractId of contractIds) loader.note(supported, contractId, given.has(contractId));
  await Promise.all([
    loader.load(
      enterpriseShelf,
      'id',
      contracts.map(({ enterpriseId }) => enterpriseId),
    ),
    loader.load(
      reimbursementLineShelf,
      'invoice',
      invoices.map(({ invoiceId }) => [invoiceId, 'true']),
    ),
    gatherDealings(loader, {
      enterpriseIds: [enterprise.enterpriseId],
      contractIds,
      counterparties: items.map(({ counterpartyUscc }) => ({ enterpriseId: enterprise.enterpriseId, uscc: counterpartyUscc })),
    }),
  ]);
}

/** A declared line as it was declared. */
export const asDeclared = ({ evidence, settledOn, modelClass, modelRegistrationNo, ...line }: ReimbursementLine): Declared => ({
  reference: line.reference,
  description: line.description,
  counterpartyUscc: line.counterpartyUscc,
  counterpartyName: line.counterpartyName,
  serviceItem: line.serviceItem,
  netFen: line.netFen,
  vatFen: line.vatFen,
  grossFen: line.grossFen,
  settledOn: settledOn ?? line.usedTo,
  evidence: evidence ?? '',
  ...(modelClass !== null && modelRegistrationNo !== null && { modelClass, modelRegistrationNo }),
});

/** The usage invoice of this book that a declared item names, if there is one. */
function invoiceOf(facts: Facts, { counterpartyUscc, reference }: Declared) {
  const provider = facts.one(providerShelf, 'uscc', counterpartyUscc);
  return provider && facts.one(invoiceShelf, 'number', [reference, provider.providerId]);
}

/** The contract of this book that a declared item names, if there is one, and whether it is the applicant's legal person's. */
function contractOf(facts: Facts, { counterpartyUscc, reference }: Declared, applicant: Enterprise) {
  const provider = facts.one(providerShelf, 'uscc', counterpartyUscc);
  const contract: Contract | undefined =
    provider && barring(facts.all(contractShelf, 'number', [reference, provider.providerId]));
  if (!contract) return null;
  const buyer = there(facts.get(enterpriseShelf, contract.enterpriseId));
  return { contract, isOwn: buyer.legalPersonUscc === applicant.legalPersonUscc };
}

/**
 * What is declared, a line for each; one that is a contract of this book names it. Marked (`numberConflict`), for a person to look at:
 * a number that is claimed elsewhere (`unheld`), a contract of another firm, and, where no rule of the law looks at awards by contract
 * (`byContract`: there the limits decide), a contract that is supported already.
 */
export const declaredLines = (
  facts: Facts,
  items: readonly Declared[],
  of: Making & { readonly unheld: readonly string[]; readonly byContract: boolean },
): ReimbursementLine[] =>
  items.map((item, i) => {
    const invoice = invoiceOf(facts, item);
    const named = contractOf(facts, item, of.enterprise);
    const isSupported = named !== null && facts.noted(supported, named.contract.contractId);
    const numberConflict =
      (invoice ? invoice.numberConflict : of.unheld.includes(item.reference)) ||
      (named !== null && (!named.isOwn || (isSupported && !of.byContract)));
    return declaredLine(facts, item, {
      ...of,
      lineNo: i + 1,
      invoiceId: invoice?.invoiceId ?? null,
      numberConflict,
      contractId: named?.isOwn === true ? named.contract.contractId : null,
    });
  });

const declaredLine = (
  facts: Facts,
  item: Declared,
  of: Making & Pick<ReimbursementLine, 'lineNo' | 'invoiceId' | 'contractId' | 'numberConflict'>,
): ReimbursementLine => ({
  bookId: facts.bookId,
  reimbursementLineId: of.newId(),
  reimbursementId: of.reimbursementId,
  lineNo: of.lineNo,
  invoiceId: of.invoiceId,
  invoiceLineId: null,
  contractId: of.contractId,
  contractLineId: null,
  reference: item.reference,
  description: item.description,
  counterpartyUscc: item.counterpartyUscc,
  counterpartyName: item.counterpartyName,
  serviceItem: item.serviceItem,
  chipOrigin: null,
  netFen: item.netFen,
  vatFen: item.vatFen,
  grossFen: item.grossFen,
  usedFrom: item.settledOn,
  usedTo: item.settledOn,
  settledOn: item.settledOn,
  evidence: item.evidence,
  numberConflict: of.numberConflict,
  basisPoints: null,
  reason: null,
  isLive: false,
  modelClass: item.modelClass ?? null,
  modelRegistrationNo: item.modelRegistrationNo ?? null,
});

/** Whether what an item declares is funded already: declared in another live application, or an invoice that is redeemed or reimbursed. */
export function isFunded(facts: Facts, item: Declared, reimbursementId: string): boolean {
  const live = facts.all(reimbursementLineShelf, 'reference', [item.counterpartyUscc, item.reference, 'true']);
  if (live.some((line) => line.reimbursementId !== reimbursementId)) return true;
  const invoice = invoiceOf(facts, item);
  return invoice !== undefined && (invoice.redemptionId !== null || invoice.reimbursedLines > 0);
}

/** A row that foreign keys promise. */
function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
