import type { Enterprise, Provider } from '../../db/tables.js';
import {
  contractAmendments,
  contractDrafts,
  contractLines,
  contracts,
  contractVersionLines,
  contractVersions,
} from '../../db/tables.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import { chipShelf, providerShelf } from '../providers/facts.js';
import type { WholeContract } from './rules.js';

export const contractShelf = shelf(contracts, {
  rank: 20,
  id: 'contractId',
  keys: { fingerprint: ['fingerprint'], number: ['contractNo', 'providerId'], enterprise: ['enterpriseId'] },
  mutable: [
    ...(['status', 'confirmedPerson', 'filedPerson', 'filingNo', 'filedOn', 'version', 'startsOn', 'endsOn'] as const),
    ...([
      'netFen',
      'vatFen',
      'grossFen',
      'fingerprint',
      'lastDay',
      'endedOn',
      'endedPerson',
      'endReason',
      'enterpriseId',
      'formerly',
      'holdingFlags',
    ] as const),
  ],
});
export const contractDraftShelf = shelf(contractDrafts, {
  rank: 20,
  id: 'contractDraftId',
  mutable: ['content', 'status', 'draftedPerson', 'endedOn', 'endedPerson'],
});
export const contractLineShelf = shelf(contractLines, {
  rank: 21,
  id: 'contractLineId',
  keys: { contract: ['contractId'] },
  mutable: ['chipOrigin', 'quantity', 'netFen', 'vatFen', 'grossFen'],
});
export const amendmentShelf = shelf(contractAmendments, {
  rank: 21,
  id: 'amendmentId',
  keys: { contract: ['contractId'] },
  mutable: ['status', 'confirmedPerson', 'decidedPerson', 'decidedOn', 'decisionReason'],
});
export const contractVersionShelf = shelf(contractVersions, { rank: 21, id: 'contractVersionId', once: ['id'] });
export const contractVersionLineShelf = shelf(contractVersionLines, { rank: 22, id: 'contractVersionLineId', once: ['id'] });

/** Gathers contracts with their lines, the chips these name (every dated row of them) and both parties. */
export async function gatherContracts(loader: Loader, contractIds: readonly string[]): Promise<void> {
  const [found, lines] = await Promise.all([
    loader.load(contractShelf, 'id', contractIds),
    loader.load(contractLineShelf, 'contract', contractIds),
  ]);
  const [chips] = await Promise.all([
    loader.load(
      chipShelf,
      'id',
      lines.flatMap((line) => line.chipId ?? []),
    ),
    loader.load(
      enterpriseShelf,
      'id',
      found.map((of) => of.enterpriseId),
    ),
    loader.load(
      providerShelf,
      'id',
      found.map((of) => of.providerId),
    ),
  ]);
  await loader.load(
    chipShelf,
    'model',
    chips.map((chip) => [chip.vendor, chip.model]),
  );
}

/** A gathered contract with its lines and both parties, or undefined when there is none. */
export function contractOf(facts: Facts, contractId: string): (WholeContract & Parties) | undefined {
  const contract = facts.get(contractShelf, contractId);
  if (!contract) return undefined;
  const enterprise = facts.get(enterpriseShelf, contract.enterpriseId);
  const provider = facts.get(providerShelf, contract.providerId);
  if (!enterprise || !provider) throw new Error(`contract ${contractId} has lost a party`);
  const lines = facts
    .all(contractLineShelf, 'contract', contractId)
    .map((line) => ({ line, chip: line.chipId === null ? null : (facts.get(chipShelf, line.chipId) ?? null) }))
    .sort((a, b) => a.line.lineNo - b.line.lineNo);
  return { contract, lines, enterprise, provider };
}

export interface Parties {
  readonly enterprise: Enterprise;
  readonly provider: Provider;
}
