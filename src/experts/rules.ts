// Experts (专家): an assignment's life, what scores must be, when a panel is done, and what of it may be seen. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ExpertAssignment, ExpertPanel } from '../../db/tables.js';
import type { assignExperts, expertAssignment, expertPanel, scoreCase } from '../../schemas/experts.js';
import { formatInstant } from '../calendar.js';
import type { Actor, Refused } from '../ledger/lane.js';
import { isSamePerson, refused } from '../ledger/lane.js';
import { life } from '../lives.js';
import type { Criterion, Law } from '../programmes/language.js';

/**
 * The life of an expert's part in a panel. Nothing of the case is seen before a declaration; a conflict may be found later too, as long
 * as nothing is scored. Scores are given once.
 */
export const assignmentLife = life({
  of: 'expert assignment',
  code: 'ASSIGNMENT_WRONG_STATE',
  states: {
    ASSIGNED: ['declare', 'dismiss'],
    DECLARED: ['declare', 'score', 'dismiss'],
    SCORED: [],
    CONFLICTED: [],
    DISMISSED: [],
    // Its case was decided or taken back.
    ENDED: [],
  },
});

export interface Party {
  readonly uscc: string;
  readonly name: string;
}
/** What speaks against an expert and proves nothing: who acted for a party once, or has the name of somebody who does or did. */
export interface Doubt extends Party {
  readonly why: 'FORMER_MEMBER' | 'SAME_NAME';
}
export interface Score {
  readonly criterion: string;
  readonly points: number;
}
/** A panel with everybody who is or was on it. */
export interface Seated {
  readonly panel: ExpertPanel;
  readonly assignments: readonly ExpertAssignment[];
}
export const partiesOf = ({ parties }: ExpertPanel): readonly Party[] => parties as Party[];
export const criteriaOf = ({ criteria }: ExpertPanel): readonly Criterion[] => criteria as Criterion[];
export const doubtsOf = ({ doubts }: ExpertAssignment): readonly Doubt[] | null => doubts as Doubt[] | null;
export const scoresOf = ({ scores }: ExpertAssignment): readonly Score[] | null => scores as Score[] | null;

/**
 * How many experts and by which criteria: the law's, or the bureau's where it is silent. Refuses PANEL_TERM_GIVEN for what the law says
 * already, PANEL_TERM_REQUIRED for what nobody says.
 */
export function termsOf(
  { experts: asked, criteria: named }: Pick<z.output<typeof assignExperts>, 'experts' | 'criteria'>,
  law: Law,
): { readonly kind: 'terms'; readonly experts: number; readonly criteria: readonly Criterion[] } | Refused {
  const given = law.expertReview?.value ?? { experts: null, criteria: null };
  if (given.experts !== null && asked !== undefined) return refused('PANEL_TERM_GIVEN', { term: 'experts' }, '/experts');
  if (given.criteria !== null && named !== undefined) return refused('PANEL_TERM_GIVEN', { term: 'criteria' }, '/criteria');
  const experts = given.experts ?? asked;
  const criteria = given.criteria ?? named;
  if (experts === undefined) return refused('PANEL_TERM_REQUIRED', { term: 'experts' }, '/experts');
  if (criteria === undefined) return refused('PANEL_TERM_REQUIRED', { term: 'criteria' }, '/criteria');
  return { kind: 'terms', experts, criteria };
}

/** Scores, one for each criterion: refuses SCORE_CRITERION_UNKNOWN (or twice), SCORE_ABOVE_POINTS, SCORE_INCOMPLETE. */
export function readScores(
  given: z.output<typeof scoreCase>['scores'],
  criteria: readonly Criterion[],
): { readonly kind: 'read'; readonly scores: readonly Score[]; readonly points: number } | Refused {
  const open = new Map(criteria.map((criterion) => [criterion.id, criterion]));
  for (const [index, { criterion, points }] of given.entries()) {
    const asked = open.get(criterion);
    if (!asked) return refused('SCORE_CRITERION_UNKNOWN', { criterion }, `/scores/${index}/criterion`);
    if (points > asked.points) {
      const params = { criterion, points: String(points), most: String(asked.points) };
      return refused('SCORE_ABOVE_POINTS', params, `/scores/${index}/points`);
    }
    open.delete(criterion);
  }
  if (open.size > 0) return refused('SCORE_INCOMPLETE', { criteria: [...open.keys()].join(', ') }, '/scores');
  const byId = new Map(given.map(({ criterion, points }) => [criterion, points]));
  const scores = criteria.map(({ id }) => ({ criterion: id, points: byId.get(id) ?? 0 }));
  return { kind: 'read', scores, points: scores.reduce((sum, { points }) => sum + points, 0) };
}

const takingPart = ({ status }: ExpertAssignment): boolean => !['CONFLICTED', 'DISMISSED', 'ENDED'].includes(status);
const hasScored = ({ status }: ExpertAssignment): boolean => status === 'SCORED';

/** Those who have not scored yet and may. */
export const waitedFor = ({ assignments }: Seated): ExpertAssignment[] =>
  assignments.filter((of) => takingPart(of) && !hasScored(of));

/** Experts that are still to be found for a panel to be complete. */
export const lacking = ({ panel, assignments }: Seated): number =>
  Math.max(0, panel.experts - assignments.filter(takingPart).length);

/**
 * What a complete panel says: the mean of all scores on a scale of 100, cut down to a whole point; and SHA-256 (hex) of the JSON array of
 * the panel, its criteria, and every score with its opinion, which a review cites. Null while somebody is waited for.
 */
export function resultOf(of: Seated): { readonly score: number; readonly scoresDigest: string } | null {
  if (waitedFor(of).length > 0 || lacking(of) > 0) return null;
  const scored = of.assignments.filter(hasScored);
  const criteria = criteriaOf(of.panel);
  const most = criteria.reduce((sum, { points }) => sum + points, 0) * scored.length;
  const given = scored.reduce((sum, { points }) => sum + (points ?? 0), 0);
  const content = [
    of.panel.panelId,
    criteria.map(({ id, points }) => [id, points]),
    scored.map((each) => [each.assignmentId, scoresOf(each)?.map(({ criterion, points }) => [criterion, points]), each.opinion]),
  ];
  return {
    score: Math.floor((given * 100) / most),
    scoresDigest: createHash('sha256').update(JSON.stringify(content)).digest('hex'),
  };
}

/**
 * The scores that a review rests on. Refuses, where the law has experts score: EXPERTS_NOT_DONE, FOUR_EYES for one of the experts,
 * SCORES_NOT_CITED unless it names their digest; and SCORES_NOT_CITED for a digest where there are none.
 */
export function citedScores(
  seated: Seated | undefined,
  of: { readonly isAsked: boolean; readonly cited: string | undefined; readonly actor: Actor },
): { readonly kind: 'cited'; readonly score: number | null; readonly scoresDigest: string | null } | Refused {
  const { isAsked, cited, actor } = of;
  if (!isAsked) {
    if (cited !== undefined) return refused('SCORES_NOT_CITED', { scoresDigest: '—' }, '/scoresDigest');
    return { kind: 'cited', score: null, scoresDigest: null };
  }
  const result = seated && resultOf(seated);
  if (!result) {
    const params = {
      scored: String(seated?.assignments.filter(hasScored).length ?? 0),
      experts: String(seated?.panel.experts ?? 0),
      waiting: String(seated ? waitedFor(seated).length : 0),
    };
    return refused('EXPERTS_NOT_DONE', params);
  }
  if (seated.assignments.some((each) => isSamePerson(actor, each.personId))) return refused('FOUR_EYES');
  if (cited !== result.scoresDigest) {
    return refused('SCORES_NOT_CITED', { scoresDigest: result.scoresDigest }, '/scoresDigest');
  }
  return { kind: 'cited', ...result };
}

// ── What is shown ──

const presentScores = (row: ExpertAssignment) => scoresOf(row)?.map((score) => ({ ...score })) ?? null;

const presentDoubts = (row: ExpertAssignment) => ({
  doubts: doubtsOf(row)?.map((doubt) => ({ ...doubt })) ?? null,
  explanation: row.explanation,
});

/** An assignment as its expert sees it: the parties at once, the case only once a declaration is made. */
export const presentAssignment = (row: ExpertAssignment, panel: ExpertPanel): z.input<typeof expertAssignment> => {
  const isSeen = row.status === 'DECLARED' || row.status === 'SCORED';
  return {
    assignmentId: row.assignmentId,
    panelId: panel.panelId,
    caseNo: panel.caseNo,
    programmeCode: panel.programmeCode,
    status: row.status,
    parties: partiesOf(panel).map(({ uscc, name }) => ({ uscc, name })),
    criteria: criteriaOf(panel).map(({ id, name, points }) => ({ id, name: { zh: name.zh, en: name.en }, points })),
    brief: isSeen ? { ...(panel.brief as Record<string, string>) } : null,
    conflict: row.conflict,
    ...presentDoubts(row),
    scores: presentScores(row),
    points: row.points,
    opinion: row.opinion,
    waitingSince: row.waitingSince,
    dueOn: row.dueOn,
    recordedAt: formatInstant(new Date(row.recordedAt)),
  };
};

/** A panel with everybody's part in it, as those see it who may. */
export const presentPanel = (of: Seated): z.input<typeof expertPanel> => {
  const { panel, assignments } = of;
  const result = resultOf(of);
  return {
    panelId: panel.panelId,
    caseNo: panel.caseNo,
    programmeCode: panel.programmeCode,
    experts: panel.experts,
    lacking: lacking(of),
    criteria: criteriaOf(panel).map(({ id, name, points }) => ({ id, name: { zh: name.zh, en: name.en }, points })),
    assignments: assignments.map((row) => ({
      assignmentId: row.assignmentId,
      memberId: row.memberId,
      status: row.status,
      conflict: row.conflict,
      ...presentDoubts(row),
      dismissalReason: row.dismissalReason,
      scores: presentScores(row),
      points: row.points,
      opinion: row.opinion,
      waitingSince: row.waitingSince,
      dueOn: row.dueOn,
    })),
    score: result?.score ?? null,
    scoresDigest: result?.scoresDigest ?? null,
    assignedOn: panel.assignedOn,
  };
};
