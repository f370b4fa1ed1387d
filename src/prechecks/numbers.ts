// The numbers that limits are taken from and that the law does not give: those on record, else as the asker states them. Pure, on
// gathered facts.
import type { Question } from '../applications/evaluation-facts.js';
import { numbered } from '../applications/evaluation-facts.js';
import type { Facts } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { limitsTouched } from '../programmes/evaluate.js';
import type { AwardFacts, Circumstances } from '../programmes/evaluate.js';
import { rules } from '../programmes/explain.js';
import { lawOn } from '../programmes/language.js';
import type { LimitFigure } from '../programmes/language.js';
import type { Body } from './bought.js';
import { fenOf } from './bought.js';
import type { Asking, Fitted } from './fit.js';
import { figureToRecord } from './missing.js';

/** What is to be gathered of a fitted question; none where nothing is asked. */
export function questionOf({ law, asking }: Fitted): Question<Circumstances | AwardFacts>[] {
  if (asking === null) return [];
  const contracts = asking.stage === 'ISSUE' ? [asking.at.contract] : asking.at.items.map(({ contract }) => contract);
  const contractIds = [...new Set(contracts.flatMap((contract) => contract?.id ?? []))];
  const holders = [asking.at.matters.PROJECT, contractIds.length === 1 ? contractIds[0] : undefined];
  return [
    {
      law,
      bare: asking.at,
      upstreamHolders: holders.filter((holder) => holder !== undefined),
      touches: (at) => limitsTouched(law, asking.stage, { ...asking.at, ...at }),
    },
  ];
}

/** The question with the numbers that its limits take; those that are not on record are told as missing. */
export function withNumbers(facts: Facts, fitted: Fitted, body: Pick<Body, 'figures' | 'upstream'>): Fitted {
  const { law, asking } = fitted;
  const [question] = questionOf(fitted);
  if (asking === null || question === undefined) return fitted;
  const recorded = numbered(facts, question);
  // Of money from above the asker is believed where none is on record.
  const at = { ...recorded, upstream: recorded.upstream.supported ? recorded.upstream : question.bare.upstream };
  const stated = (figure: LimitFigure): Fen | null => {
    const yuan = figure === 'DISTRICT_CONTRIBUTION' ? body.figures.districtContribution : body.figures.auditedInvestment;
    return yuan === undefined ? null : fenOf(yuan);
  };
  const { limits } = lawOn(law, at.bookedOn);
  const unknown = limitsTouched(law, asking.stage, at)
    .filter(({ amountFen }) => amountFen === null)
    .flatMap(({ limitId }) => {
      const limit = limits.find(({ id }) => id === limitId);
      return limit === undefined || limit.figure === null ? [] : [{ limit, fen: stated(limit.figure) }];
    });
  const known = Object.fromEntries(unknown.flatMap(({ limit: { id }, fen }) => (fen === null ? [] : [[id, fen] as const])));
  return {
    ...fitted,
    asking: { stage: asking.stage, at: { ...at, figures: { ...at.figures, ...known } } } as Asking,
    missing: [
      ...fitted.missing,
      ...unknown.map(({ limit, fen }) => figureToRecord(law, limit.cite, limit.id, rules.limit(limit), fen !== null)),
    ],
  };
}
