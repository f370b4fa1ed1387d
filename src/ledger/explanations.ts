// How explanations are kept. A step of an explanation is a rule in the words of its programme, and the figures of one case.
// The words are the same for every award under a rule, and are most of the text: each wording is stored once in a book,
// under an id made from its content, and an explanation keeps the id and the figures. What is stored can be told in the
// very words of the day it was decided, whatever a later version says.
import { createHash } from 'node:crypto';
import type { Sql } from '../../db/client.js';

/**
 * One step of an award: the rule in words with its article, what went in, what came out. Amounts are yuan (`1234.56`). From the
 * step of the rate on, `result` is the amount as it stands after the step; the last step's result is the award, or the code of
 * the refusal. `bound`: this step lowered the amount.
 */
export interface Step {
  document: string;
  article: string;
  ruleZh: string;
  ruleEn: string;
  inputs: Readonly<Record<string, string>>;
  result: string;
  bound?: true;
  /** Who may decide otherwise, where the article leaves it open. */
  decidedBy?: string;
}

/** A step as it is stored. Books from before wordings have whole steps; both are read. */
export interface KeptStep {
  readonly wording: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly result: string;
  readonly bound?: true;
}

export interface Wording {
  readonly wordingId: string;
  readonly document: string;
  readonly article: string;
  readonly ruleZh: string;
  readonly ruleEn: string;
  readonly decidedBy: string | null;
}

// An id says what its wording is, in whatever book: what this process has met once it need not look up again. There are
// as many as programmes have rules.
const byId = new Map<string, Wording>();
const byRule = new Map<string, Wording[]>();

function remember(wording: Wording): void {
  if (byId.has(wording.wordingId)) return;
  byId.set(wording.wordingId, wording);
  const alike = byRule.get(wording.ruleZh);
  if (alike) alike.push(wording);
  else byRule.set(wording.ruleZh, [wording]);
}

/** The first 128 bits of SHA-256 over the wording's lines, as the database checks them. */
const idOf = (lines: readonly string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 32);

function wordingOf({
  document,
  article,
  ruleZh,
  ruleEn,
  decidedBy = null,
}: Step | (Omit<Step, 'decidedBy'> & { decidedBy?: null })): Wording {
  const known = byRule
    .get(ruleZh)
    ?.find((w) => w.article === article && w.document === document && w.ruleEn === ruleEn && w.decidedBy === decidedBy);
  if (known) return known;
  const wordingId = idOf([document, article, ruleZh, ruleEn, decidedBy ?? '']);
  const wording = { wordingId, document, article, ruleZh, ruleEn, decidedBy };
  remember(wording);
  return wording;
}

/** An explanation as it is kept. */
export const keep = (steps: readonly Step[]): KeptStep[] =>
  steps.map((step) => {
    const { wordingId } = wordingOf(step);
    const { inputs, result } = step;
    return step.bound ? { wording: wordingId, inputs, result, bound: true } : { wording: wordingId, inputs, result };
  });

/** A kept explanation in full. Its wordings must have been learnt. */
export const inFull = (kept: readonly (KeptStep | Step)[]): Step[] =>
  kept.map((step) => {
    if (!('wording' in step)) return step;
    const wording = byId.get(step.wording);
    if (!wording) throw new Error(`wording ${step.wording} was not learnt`);
    const { document, article, ruleZh, ruleEn, decidedBy } = wording;
    return {
      document,
      article,
      ruleZh,
      ruleEn,
      inputs: step.inputs,
      result: step.result,
      ...(step.bound ? { bound: true } : {}),
      ...(decidedBy === null ? {} : { decidedBy }),
    };
  });

/** The ids that explanations name, each once. Anything that is no explanation names none. */
export function wordingsIn(explanations: Iterable<unknown>): Set<string> {
  const ids = new Set<string>();
  for (const explanation of explanations) {
    if (!Array.isArray(explanation)) continue;
    for (const step of explanation as (KeptStep | Step)[]) if ('wording' in step) ids.add(step.wording);
  }
  return ids;
}

/** The wordings behind ids that this process made or has learnt. */
export const wordingsOf = (ids: Iterable<string>): Wording[] =>
  [...ids].map((id) => {
    const wording = byId.get(id);
    if (!wording) throw new Error(`wording ${id} was not learnt`);
    return wording;
  });

/** Learns what these explanations need to be told in full; asks the database for what this process has not met. */
export async function learnWordings(sql: Sql, bookId: string, explanations: Iterable<unknown>): Promise<void> {
  const unknown = [...wordingsIn(explanations)].filter((id) => !byId.has(id));
  if (unknown.length === 0) return;
  const rows = await sql.prepared<Wording[]>(
    `select w.wording_id as "wordingId", w.document, w.article, w.rule_zh as "ruleZh", w.rule_en as "ruleEn", w.decided_by as "decidedBy"
       from unnest($2::text[]) as k(id)
       cross join lateral (select * from explanation_wordings w where w.book_id = $1 and w.wording_id = k.id offset 0) w`,
    [bookId, unknown],
  );
  for (const row of rows) remember(row);
}

/** What is shown, with its explanation in full. */
export type Told<Shown> = { [K in keyof Shown]: K extends 'explanation' ? Step[] | Extract<Shown[K], null> : Shown[K] };

/** Tells the explanation of what is shown, if it has one, in full; everything else is left as it is. */
export async function tellInFull<Shown extends object>(sql: Sql, bookId: string, shown: Shown): Promise<Told<Shown>> {
  const { explanation } = shown as { explanation?: unknown };
  if (!Array.isArray(explanation)) return shown as Told<Shown>;
  await learnWordings(sql, bookId, [explanation]);
  return { ...shown, explanation: inFull(explanation as KeptStep[]) } as Told<Shown>;
}
