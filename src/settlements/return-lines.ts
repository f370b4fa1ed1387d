import type { z } from 'zod';
import type { Settlement } from '../../db/tables.js';
import type { returnSettlementLines as body, settlement } from '../../schemas/settlements.js';
import { endApprovals, gatherApprovals } from '../approvals/facts.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { sumFen } from '../money.js';
import { gatherLines, linesOf } from './check-lines.js';
import { held } from './collect-lines.js';
import { frozen, gatherContents } from './content.js';
import { currentVersion, settlementLineShelf, settlementShelf, settlementVersionShelf } from './facts.js';
import { gatherPaid, payableOfLine } from './match.js';
import { presentSettlement, refuseSettlement } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * Returns single lines of a batch, each with its reason, before anything of it is instructed. What they pay is free again, to be corrected and to
 * go into another batch. What is left is a new version, frozen as it is, that has to be approved again; an approval of the version before counts no more.
 * Where nothing is left the batch is DISSOLVED. Refuses NOT_FOUND, SETTLEMENT_WRONG_STATE, SETTLEMENT_LINE_UNKNOWN.
 */
export const returnLines: Verb<Body, z.input<typeof settlement>> = {
  name: 'settlement.return_lines',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const lineNosOf = (of: Body) => of.lines.map(({ lineNo }) => lineNo);
    const [lines] = await Promise.all([
      gatherLines(
        loader,
        commands.map(({ body }) => ({ id: body.id, lineNos: lineNosOf(body) })),
      ),
      loader.load(settlementShelf, 'id', ids),
      loader.load(settlementVersionShelf, 'settlement', ids),
      gatherApprovals(loader, ids),
      gatherContents(
        loader,
        commands.map((command) => ({ command, without: lineNosOf(command.body) })),
      ),
    ]);
    await gatherPaid(loader, lines);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const before = facts.get(settlementShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseSettlement(before, 'return-lines');
    if (wrongState) return wrongState;
    const found = linesOf(
      facts,
      before,
      body.lines.map(({ lineNo }) => lineNo),
    );
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const { lines } = found;
    const reasons = new Map(body.lines.map(({ lineNo, reason }) => [lineNo, reason]));
    const checkedLines = before.checkedLines - lines.filter(({ checkedPerson }) => checkedPerson !== null).length;
    const version = currentVersion(facts, before);
    const left = { ...before, version: before.version + 1, checkedLines, frozenPerson: version.frozenPerson };
    const next = frozen(command, facts, left);
    const dissolved: Settlement = {
      ...before,
      status: 'DISSOLVED',
      approvedPerson: null,
      contentDigest: null,
      lineCount: 0,
      totalFen: 0n,
      checkedLines: 0,
    };
    const row = next?.row ?? dissolved;
    if (before.totalFen - row.totalFen !== sumFen(lines.map(({ amountFen }) => amountFen)))
      throw new Error(`${before.settlementNo} is not what its lines make`);
    return accepted({
      decision: 'settlement.lines_returned',
      subjectId: before.settlementId,
      approvalDigest: version.contentDigest,
      result: presentSettlement(row),
      changes: [
        update(settlementShelf, row),
        update(settlementVersionShelf, { ...version, returnedLines: lines.length }),
        ...(next?.changes ?? []),
        ...endApprovals(facts, before.settlementId),
        ...lines.map((line) =>
          update(settlementLineShelf, {
            ...line,
            returnedVersion: before.version,
            returnedPerson: actor.personId,
            returnedOn: today,
            returnReason: reasons.get(line.lineNo) ?? '',
          }),
        ),
        ...lines.map((line) => held(payableOfLine(facts, line), null, line.amountFen)),
      ],
    });
  },
};
