// What a red letter makes of applications for reimbursement that its invoice counts in. One that is not decided counts it for what is left, and is
// reviewed again; an award is computed anew, and what it comes to beyond that is taken back.
import type { RedLetterLine, ReimbursementLine, ReimbursementLineCut, UsageInvoice } from '../../db/tables.js';
import { toldOf } from '../cases/told.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Command, Refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import { formatYuan, minFen, sumFen } from '../money.js';
import { reimbursementCases } from '../reimbursements/cases.js';
import { computedAnew } from '../reimbursements/compute-anew.js';
import { lineCutShelf, reimbursementLineShelf, reimbursementShelf } from '../reimbursements/facts.js';
import { cutsOf } from '../reimbursements/gather.js';
import { leftOf, standingOfAward } from '../reimbursements/rules.js';
import type { AwardCut } from './cut-award.js';
import { beyondAward, citeOfAward, cutAward, gatherAwards, recordedAwards } from './cut-award.js';
import type { Following } from './follow.js';
import { reasonOf } from './follow.js';

interface Body {
  readonly id?: string;
  readonly reason: string;
  readonly redLetterNo: string;
}

/** Gathers the applications that these invoices count in, with what awards among them rest on. */
export async function gatherReimbursed(
  loader: Loader,
  commands: readonly Command<Body>[],
  invoiceIds: readonly string[],
): Promise<void> {
  const lines = await loader.load(
    reimbursementLineShelf,
    'invoice',
    invoiceIds.map((id) => [id, 'true']),
  );
  const ids = [...new Set(lines.map(({ reimbursementId }) => reimbursementId))];
  const [rows] = await Promise.all([loader.load(reimbursementShelf, 'id', ids), loader.load(lineCutShelf, 'reimbursement', ids)]);
  const countsIn = (invoiceId: string) =>
    new Set(lines.filter((of) => of.invoiceId === invoiceId).map((of) => of.reimbursementId));
  await gatherAwards(
    loader,
    commands.flatMap((command) => {
      const own = countsIn(command.body.id ?? '');
      return rows
        .filter(({ reimbursementId, status }) => own.has(reimbursementId) && status === 'APPROVED')
        .map((row) => ({ command, row }));
    }),
  );
}

/** What of a line these red lines take: of one that was declared, and is no line of the invoice, at most what is left of it. */
function cutOf(
  line: ReimbursementLine,
  redLines: readonly RedLetterLine[],
  before: readonly ReimbursementLineCut[],
  lineCutId: string,
): ReimbursementLineCut | null {
  const red = redLines.filter(({ invoiceLineId }) => line.invoiceLineId === null || invoiceLineId === line.invoiceLineId);
  const left = leftOf(line, before);
  const taken = (amount: 'netFen' | 'vatFen') => minFen(left[amount], sumFen(red.map((of) => of[amount])));
  const [netFen, vatFen] = [taken('netFen'), taken('vatFen')];
  const { bookId, reimbursementId, reimbursementLineId } = line;
  const redLetterId = red[0]?.redLetterId;
  if (redLetterId === undefined || netFen + vatFen === 0n) return null;
  return { bookId, lineCutId, reimbursementId, reimbursementLineId, redLetterId, netFen, vatFen, grossFen: netFen + vatFen };
}

/** What follows from these lines of a red letter for the applications that its invoice counts in. Refuses CORRECTION_WAITS_FOR_BATCH. */
export function followAwards(
  facts: Facts,
  command: Command<Body>,
  { invoice, redLines }: { readonly invoice: UsageInvoice; readonly redLines: readonly RedLetterLine[] },
): Following | Refused {
  const { invoiceId, invoiceNo } = invoice;
  const { redLetterNo, reason } = command.body;
  const live = facts.all(reimbursementLineShelf, 'invoice', [invoiceId, 'true']);
  const cases = [...new Set(live.map(({ reimbursementId }) => reimbursementId))].map((of) =>
    there(facts.get(reimbursementShelf, of)),
  );
  const cuts: ReimbursementLineCut[] = [];
  const awards: AwardCut[] = [];
  const messages: Message[] = [];
  for (const row of cases) {
    const before = cutsOf(facts, row);
    const own = live
      .filter(({ reimbursementId }) => reimbursementId === row.reimbursementId)
      .flatMap((line) => cutOf(line, redLines, before, command.newId()) ?? []);
    if (own.length === 0) continue;
    cuts.push(...own);
    if (row.status !== 'APPROVED') {
      messages.push(toldOf(reimbursementCases, row, 'case.invoice_red_lettered', { invoiceNo, redLetterNo }));
      continue;
    }
    const anew = computedAnew(facts, row, [...before, ...own]);
    const why = { ...reasonOf(command, { cause: 'RED_LETTER', atFault: false, reason }), cite: citeOfAward(facts, row) };
    const dueFen = beyondAward(row, anew);
    const difference = {
      ...why.cite,
      ruleZh: '红字冲减后重新计算，与现有补助之差',
      ruleEn: 'computed anew after the red letter: the difference to what stands',
      inputs: { invoiceNo, granted: formatYuan(standingOfAward(row)), entitled: formatYuan(anew.awardFen) },
      result: formatYuan(dueFen),
    };
    const cut = cutAward(facts, row, dueFen, { why, steps: [...anew.steps, difference], anew });
    if (cut.kind === 'refused') return cut;
    awards.push(cut.cut);
  }
  const followed = recordedAwards(facts, command, command.id, awards);
  return {
    ...followed,
    changes: [...cuts.map((cut) => insert(lineCutShelf, cut)), ...followed.changes],
    messages: [...messages, ...followed.messages],
  };
}

function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
