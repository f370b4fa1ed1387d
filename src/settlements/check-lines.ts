import type { z } from 'zod';
import type { Settlement, SettlementLine } from '../../db/tables.js';
import type { checkSettlementLines as body, settlement } from '../../schemas/settlements.js';
import { approversOf, gatherApprovals } from '../approvals/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { settlementLineShelf, settlementShelf } from './facts.js';
import { gatherMatched, payableOfLine, refuseDiffering } from './match.js';
import { gatherPaymentPapers, refuseLacking } from './papers.js';
import { presentSettlement, refuseSettlement } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/** Gathers lines of batches by their numbers. */
export const gatherLines = (
  loader: Loader,
  wanted: readonly { readonly id: string | undefined; readonly lineNos: readonly number[] }[],
): Promise<SettlementLine[]> =>
  loader.load(
    settlementLineShelf,
    'line',
    wanted.flatMap(({ id = '', lineNos }) => lineNos.map((lineNo) => [id, String(lineNo)])),
  );

/** The gathered lines of these numbers that are in the batch, in this order; refuses SETTLEMENT_LINE_UNKNOWN, naming each that is not. */
export function linesOf(
  facts: Facts,
  { settlementId, settlementNo }: Settlement,
  lineNos: readonly number[],
): { readonly kind: 'found'; readonly lines: readonly SettlementLine[] } | Refused {
  const found = [...new Set(lineNos)].map((lineNo) => ({
    lineNo,
    line: facts.one(settlementLineShelf, 'line', [settlementId, String(lineNo)]),
  }));
  const unknown = found.filter(({ line }) => !line || line.returnedVersion !== null);
  if (unknown.length > 0)
    return refused('SETTLEMENT_LINE_UNKNOWN', { settlementNo, lines: unknown.map(({ lineNo }) => lineNo).join(', ') });
  return { kind: 'found', lines: found.flatMap(({ line }) => line ?? []) };
}

/**
 * Finance has held these lines of an approved batch against usage, invoice and redemption, and payee and account against what is registered, and
 * found nothing; so does this. With the last of its lines the batch is CHECKED. Lines that are checked already stay so. Refuses NOT_FOUND,
 * SETTLEMENT_WRONG_STATE, FOUR_EYES (who drafted, froze or approved it), SETTLEMENT_LINE_UNKNOWN, SETTLEMENT_LINES_DIFFER and MATERIALS_MISSING,
 * both line by line.
 */
export const checkLines: Verb<Body, z.input<typeof settlement>> = {
  name: 'settlement.check_lines',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [lines] = await Promise.all([
      gatherLines(
        loader,
        commands.map(({ body }) => ({ id: body.id, lineNos: body.lines })),
      ),
      loader.load(settlementShelf, 'id', ids),
      gatherApprovals(loader, ids),
    ]);
    await gatherMatched(loader, lines);
    const payables = lines.map((line) => payableOfLine(loader.facts, line));
    await loader.load(
      programmeVersionShelf,
      'id',
      payables.map(({ programmeVersionId }) => programmeVersionId),
    );
    await gatherPaymentPapers(loader, payables);
  },

  decide({ body, actor, today }, facts) {
    const before = facts.get(settlementShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseSettlement(before, 'check-lines');
    if (wrongState) return wrongState;
    const { settlementId, draftedPerson, frozenPerson, approvedPerson } = before;
    const had = [draftedPerson, frozenPerson, approvedPerson, ...approversOf(facts, settlementId)];
    if (had.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const found = linesOf(facts, before, body.lines);
    if (found.kind === 'refused') return found;
    const { lines } = found;
    const differing = refuseDiffering(facts, lines, today);
    if (differing) return differing;
    const lacking = refuseLacking(
      facts,
      lines.map((line) => payableOfLine(facts, line)),
    );
    if (lacking) return lacking;
    // After this line the command succeeds.
    const fresh = lines.filter(({ checkedPerson }) => checkedPerson === null);
    const { personId } = actor;
    const checkedLines = before.checkedLines + fresh.length;
    const row: Settlement = {
      ...before,
      status: checkedLines === before.lineCount ? 'CHECKED' : 'APPROVED',
      checkedPerson: personId,
      checkedPersons: [...new Set([...before.checkedPersons, personId])],
      checkedLines,
    };
    return accepted({
      decision: 'settlement.lines_checked',
      subjectId: settlementId,
      approvalDigest: before.contentDigest ?? undefined,
      result: presentSettlement(row),
      changes: [
        update(settlementShelf, row),
        ...fresh.map((line) => update(settlementLineShelf, { ...line, checkedPerson: personId, checkedOn: today })),
      ],
    });
  },
};
