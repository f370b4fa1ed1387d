import {
  fundStandings,
  paymentInstructions,
  settlementAccounts,
  settlementLeftOuts,
  settlementLines,
  settlements,
  settlementTotals,
  settlementVersions,
} from '../../db/tables.js';
import type { Settlement, SettlementVersion } from '../../db/tables.js';
import type { Facts } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';

export const settlementShelf = shelf(settlements, {
  rank: 70,
  id: 'settlementId',
  keys: { period: ['period'], collecting: ['isCollecting'] },
  mutable: [
    ...(['status', 'approvedPerson', 'instructedPerson', 'instructedOn', 'closedPerson', 'closedOn', 'version'] as const),
    ...(['isCollecting', 'collectedDay', 'collectedId', 'lineCount', 'totalFen', 'contentDigest', 'frozenPerson'] as const),
    ...(['checkedPerson', 'checkedPersons', 'checkedLines', 'paymentsLeft'] as const),
  ],
});
export const settlementLineShelf = shelf(settlementLines, {
  rank: 71,
  id: 'settlementLineId',
  keys: { settlement: ['settlementId'], line: ['settlementId', 'lineNo'] },
  once: ['id', 'settlement', 'line'],
  unique: ['line'],
  mutable: ['checkedPerson', 'checkedOn', 'returnedVersion', 'returnedPerson', 'returnedOn', 'returnReason'],
});
export const settlementVersionShelf = shelf(settlementVersions, {
  rank: 71,
  id: 'versionId',
  keys: { settlement: ['settlementId'] },
  once: ['id', 'settlement'],
  mutable: ['approvedPerson', 'returnedLines'],
});
/** The accounts that a version of a batch binds. */
export const settlementAccountShelf = shelf(settlementAccounts, {
  rank: 72,
  id: 'settlementAccountId',
  keys: { payee: ['settlementId', 'payeeId'] },
  once: ['id', 'payee'],
});
export const leftOutShelf = shelf(settlementLeftOuts, { rank: 71, id: 'leftOutId', once: ['id'] });
/** What one payee gets out of one fund: kept by the database with the lines, and fixed once the batch is instructed. */
export const settlementTotalShelf = shelf(settlementTotals, { rank: 71, id: 'totalId', once: ['id'] });
export const instructionShelf = shelf(paymentInstructions, {
  rank: 72,
  id: 'instructionId',
  keys: { settlement: ['settlementId'], due: ['settlementId', 'payeeId', 'fund'], number: ['instructionNo'] },
  once: ['id', 'settlement', 'due', 'number'],
  unique: ['number'],
  mutable: ['status', 'returnReason', 'reinstructed', 'paidFen', 'returnedFen'],
});
export const fundStandingShelf = shelf(fundStandings, { rank: 70, id: 'fund', mutable: ['instructedFen', 'recoveredFen'] });

/** What of a gathered batch was frozen last, with its versions gathered. */
export function currentVersion(facts: Facts, { settlementId, settlementNo, version }: Settlement): SettlementVersion {
  const current = facts.all(settlementVersionShelf, 'settlement', settlementId).find((of) => of.version === version);
  if (!current) throw new Error(`${settlementNo} has lost its version ${version}`);
  return current;
}
