/** A drafted batch taken on by the persons who have to. Not a test itself. */
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';

export interface Hands {
  /** Of finance: drafts and freezes. */
  readonly maker: Caller;
  readonly approver: Caller;
  /** Of finance: checks line by line. */
  readonly checker: Caller;
  readonly payer: Caller;
}

/** What an approval of a frozen batch names. */
export interface Content {
  contentDigest: string;
  count: number;
  total: string;
}

/** What a frozen batch binds, as it is read now. */
export async function contentOf(eye: Caller, settlementId: string): Promise<Content> {
  const { contentDigest, lineCount, total } = expectStatus(await eye.get(`/settlements/${settlementId}`), 200) as {
    contentDigest: string;
    lineCount: number;
    total: string;
  };
  return { contentDigest, count: lineCount, total };
}

/** Freezes a draft; answers what an approval of it names. */
export async function freeze(maker: Caller, settlementId: string): Promise<Content> {
  expectStatus(await maker.post(`/settlements/${settlementId}/freeze`), 200);
  return contentOf(maker, settlementId);
}

export async function approve({ maker, approver }: Pick<Hands, 'maker' | 'approver'>, settlementId: string): Promise<void> {
  const content = await freeze(maker, settlementId);
  expectStatus(await approver.post(`/settlements/${settlementId}/approve`, content), 200);
}

/** Checks every line of an approved batch that was not returned. */
export async function check(checker: Caller, settlementId: string): Promise<void> {
  const { items } = expectStatus(await checker.get(`/settlements/${settlementId}/lines?limit=200`), 200) as {
    items: { lineNo: number; returnedVersion: number | null }[];
  };
  const lines = items.flatMap(({ lineNo, returnedVersion }) => (returnedVersion === null ? [lineNo] : []));
  expectStatus(await checker.post(`/settlements/${settlementId}/check-lines`, { lines }), 200);
}

/** Takes a draft to where it can be instructed. */
export async function takeToCheck(hands: Omit<Hands, 'payer'>, settlementId: string): Promise<void> {
  await approve(hands, settlementId);
  await check(hands.checker, settlementId);
}

/** Takes a draft through all hands; answers the batch with its instructions. */
export async function instruct(hands: Hands, settlementId: string): Promise<Record<string, unknown>> {
  await takeToCheck(hands, settlementId);
  return expectStatus(await hands.payer.post(`/settlements/${settlementId}/instruct`), 200);
}
