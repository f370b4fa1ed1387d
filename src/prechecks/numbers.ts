// The numbers that limits are taken from and that the law does not give: those on record, else as the asker states them. Pure, on
// gathered facts.
import type { Question } from '../applications/evaluation-facts.js';
import { asksBeyondContract, numbered } from '../applications/evaluation-facts.js';
import type { Facts } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { limitsTouched } from '../programmes/evaluate.js';
import type { AwardFacts, Circumstances, TouchedLimit } from '../programmes/evaluate.js';
import { rules } from '../programmes/explain.js';
import { lawOn } from '../programmes/language.js';
import type { LimitFigure } from '../programmes/language.js';
import type { Body } from './bought.js';
import { fenOf } from './bought.js';
import type { Asking, Fitted } from './fit.js';
import { figureToRecord } from './missing.js';

/** What is to be gathered of a fitted question; null where nothing is asked. */
export function questionOf({ law, asking }: Fitted): Question<Circumstances | AwardFacts> | null {
  if (asking === null) return null;
  const contracts = asking.stage === 'ISSUE' ? [asking.at.contract] : asking.at.items.map(({ contract }) => contract);
  const contractIds = [...new Set(contracts.flatMap((contract) => contract?.id ?? []))];
  const holders = [asking.at.matters.PROJECT, contractIds.length === 1 ? contractIds[0] : undefined];
  return {
    law,
    bare: asking.at,
    upstreamHolders: holders.filter((holder) => holder !== undefined),
    touches: (at) => limitsTouched(law, asking.stage, { ...asking.at, ...at }),
  };
}

/** A fitted question, what is gathered of it, and the limits that it touches by what is known without. */
interface Asked {
  readonly fitted: Fitted;
  readonly question: Question<Circumstances | AwardFacts> | null;
  readonly supposed: readonly TouchedLimit[] | null;
}

/** The question with the numbers that its limits take, and these limits; those that are not on record are told as missing. */
export function withNumbers(
  facts: Facts,
  { fitted, question, supposed }: Asked,
  body: Pick<Body, 'figures' | 'upstream'>,
): { fitted: Fitted; touched: readonly TouchedLimit[] } {
  const { law, asking } = fitted;
  if (asking === null || question === null || supposed === null) return { fitted, touched: [] };
  if (!asksBeyondContract(law)) return { fitted, touched: supposed };
  const recorded = numbered(facts, question);
  // Of money from above the asker is believed where none is on record.
  const at = { ...recorded, upstream: recorded.upstream.supported ? recorded.upstream : question.bare.upstream };
  const stated = (figure: LimitFigure): Fen | null => {
    const yuan = figure === 'DISTRICT_CONTRIBUTION' ? body.figures.districtContribution : body.figures.auditedInvestment;
    return yuan === undefined ? null : fenOf(yuan);
  };
  const { limits } = lawOn(law, at.bookedOn);
  const touched = limitsTouched(law, asking.stage, at);
  const unknown = touched
    .filter(({ amountFen }) => amountFen === null)
    .flatMap(({ limitId }) => {
      const limit = limits.find(({ id }) => id === limitId);
      return limit === undefined || limit.figure === null ? [] : [{ limit, fen: stated(limit.figure) }];
    });
  const known = Object.fromEntries(unknown.flatMap(({ limit: { id }, fen }) => (fen === null ? [] : [[id, fen] as const])));
  const told = { ...at, figures: { ...at.figures, ...known } };
  return {
    fitted: {
      ...fitted,
      asking: { stage: asking.stage, at: told } as Asking,
      missing: [
        ...fitted.missing,
        ...unknown.map(({ limit, fen }) => figureToRecord(law, limit.cite, limit.id, rules.limit(limit), fen !== null)),
      ],
    },
    touched: Object.keys(known).length === 0 ? touched : limitsTouched(law, asking.stage, told),
  };
}
