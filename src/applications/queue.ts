// Who waits for the money of a programme (先到先得): reviewed applications in the order in which they are served, by priority
// class and then by their places in the order of acceptance. Blocks of places are summed up as applications come and go, in the same transaction, so that
// most approvals need to look at a few sums only, however many wait. What must be exact is told from the applications.
import type { Application, ApplicationQueue } from '../../db/tables.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { sumFen } from '../money.js';
import { applicationShelf, queueShelf } from './facts.js';

/** Places of a block. The more, the fewer sums to look at; the fewer, the less of what comes later is counted with it. */
const numbersOfBlock = 128n;

/** The place of a case in the order of acceptance, e.g. 2024 000000017: places are given in the lane, one after another. */
export function placeOf({ acceptedPlace }: Pick<Application, 'acceptedPlace'>): bigint {
  if (acceptedPlace === null) throw new Error('what was not accepted has no place');
  return acceptedPlace;
}
/** The block of a place: of two applications the one accepted earlier is in the same block or an earlier one. */
export const queueBlockOf = (of: Pick<Application, 'acceptedPlace'>): bigint => placeOf(of) / numbersOfBlock;

type Place = Pick<ApplicationQueue, 'programmeCode' | 'queueRank' | 'queueBlock'>;
const queueIdOf = ({ programmeCode, queueRank, queueBlock }: Place): string => `${programmeCode}/${queueRank}/${queueBlock}`;
const keyOf = ({ programmeCode, queueRank, queueBlock }: Place): string[] => [
  programmeCode,
  String(queueRank),
  String(queueBlock),
];

/** Where an application waits, with what it was promised at most; null unless it is reviewed and undecided. */
function waitingOf(row: Application): (Place & { maximumFen: Fen }) | null {
  if (row.queueRank === null || row.queueBlock === null) return null;
  const { programmeCode, queueRank, queueBlock, maximumFen } = row;
  return { programmeCode, queueRank, queueBlock, maximumFen: maximumFen ?? 0n };
}

export const notWaiting = { queueRank: null, queueBlock: null } as const;

/** Gathers the sums of the blocks in which these wait, and of those that will, by the class they are reviewed for. */
export const gatherQueueBlocks = (
  loader: Loader,
  rows: readonly Application[],
  reviewed: readonly { row: Application; rank: number }[] = [],
): Promise<unknown> =>
  loader.load(queueShelf, 'id', [
    ...rows.flatMap((row) => waitingOf(row) ?? []).map(queueIdOf),
    // What is not accepted yet has no place; its review is refused.
    ...reviewed
      .filter(({ row }) => row.acceptedPlace !== null)
      .map(({ row, rank }) => queueIdOf({ programmeCode: row.programmeCode, queueRank: rank, queueBlock: queueBlockOf(row) })),
  ]);

/** The sums as they are once an application stands where it then stands. Their blocks must have been gathered. */
export function queueChanges(facts: Facts, before: Application, after: Application): Change[] {
  const moved = new Map<string, { place: Place; waiting: number; maximumFen: Fen }>();
  const add = (row: Application, sign: 1 | -1) => {
    const waits = waitingOf(row);
    if (!waits) return;
    const id = queueIdOf(waits);
    const known = moved.get(id) ?? { place: waits, waiting: 0, maximumFen: 0n };
    moved.set(id, { ...known, waiting: known.waiting + sign, maximumFen: known.maximumFen + BigInt(sign) * waits.maximumFen });
  };
  add(before, -1);
  add(after, 1);
  return [...moved].map(([queueId, { place, ...by }]) => {
    const known = facts.get(queueShelf, queueId);
    const waiting = (known?.waiting ?? 0) + by.waiting;
    const { programmeCode, queueRank, queueBlock } = place;
    const row: ApplicationQueue = {
      bookId: facts.bookId,
      queueId,
      programmeCode,
      queueRank,
      queueBlock,
      state: waiting > 0 ? 'WAITING' : 'EMPTY',
      waiting,
      maximumFen: (known?.maximumFen ?? 0n) + by.maximumFen,
    };
    return known ? update(queueShelf, row) : insert(queueShelf, row);
  });
}

/** Gathers the sums of everything that waits for these programmes. */
export const gatherQueues = (loader: Loader, programmeCodes: readonly string[]): Promise<unknown> =>
  loader.load(
    queueShelf,
    'programme',
    [...new Set(programmeCodes)].map((code) => [code, 'WAITING']),
  );

/** The blocks in which somebody may wait who is served before an application of this class, and the one of its own. */
const blocksUpTo = (facts: Facts, row: Application, rank: number): ApplicationQueue[] => {
  const own = queueBlockOf(row);
  // What waits without its class being known stands under the first: no class is before it.
  return facts
    .all(queueShelf, 'programme', [row.programmeCode, 'WAITING'])
    .filter(({ queueRank, queueBlock }) => queueRank < rank || (queueRank === rank && queueBlock <= own));
};

/** At least what all who are served before a gathered application that waits in this class may still need (fen). */
export const mostNeededBefore = (facts: Facts, row: Application, rank: number): Fen =>
  sumFen(blocksUpTo(facts, row, rank).map(({ maximumFen }) => maximumFen)) - (waitingOf(row)?.maximumFen ?? 0n);

/** Gathers, one by one, everybody who may be served before these. */
export const gatherThoseBefore = (
  loader: Loader,
  wanted: readonly { row: Application; rank: number }[],
): Promise<Application[]> =>
  loader.load(
    applicationShelf,
    'queue',
    wanted.flatMap(({ row, rank }) => blocksUpTo(loader.facts, row, rank).map(keyOf)),
  );

/**
 * Those who are served before an application: reviewed, of the same programme, of an earlier class or of the same and accepted
 * earlier; in order of acceptance. Everybody who may be must have been gathered. `rankOf` reads the class from the law.
 */
export function thoseBefore(facts: Facts, row: Application, rankOf: (of: Application) => number): Application[] {
  const rank = rankOf(row);
  const place = placeOf(row);
  return blocksUpTo(facts, row, rank)
    .flatMap((block) => facts.all(applicationShelf, 'queue', keyOf(block)))
    .map((other) => ({ other, rank: rankOf(other), place: placeOf(other) }))
    .filter((of) => of.rank < rank || (of.rank === rank && of.place < place))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ other }) => other);
}
