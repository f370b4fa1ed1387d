// The numbers that limits are taken from and that the law does not give: those on record, or as the asker states them. Pure.
import type { Fen } from '../money.js';
import { limitsTouched } from '../programmes/evaluate.js';
import { rules } from '../programmes/explain.js';
import { lawOn } from '../programmes/language.js';
import type { LimitFigure } from '../programmes/language.js';
import type { Body } from './bought.js';
import { fenOf } from './bought.js';
import type { Asking, Fitted } from './fit.js';
import { figureToRecord } from './missing.js';

/** The question with the figures that its limits take; those that are not on record are told as missing. */
export function withFigures(fitted: Fitted, { figures }: Pick<Body, 'figures'>): Fitted {
  const { law, asking } = fitted;
  if (asking === null) return fitted;
  const stated = (figure: LimitFigure): Fen | null => {
    const yuan = figure === 'DISTRICT_CONTRIBUTION' ? figures.districtContribution : figures.auditedInvestment;
    return yuan === undefined ? null : fenOf(yuan);
  };
  const { limits } = lawOn(law, asking.at.bookedOn);
  const unknown = limitsTouched(law, asking.stage, asking.at)
    .filter(({ amountFen }) => amountFen === null)
    .flatMap(({ limitId }) => {
      const limit = limits.find(({ id }) => id === limitId);
      return limit === undefined || limit.figure === null ? [] : [{ limit, fen: stated(limit.figure) }];
    });
  if (unknown.length === 0) return fitted;
  const known = Object.fromEntries(unknown.flatMap(({ limit: { id }, fen }) => (fen === null ? [] : [[id, fen] as const])));
  const at = { ...asking.at, figures: { ...asking.at.figures, ...known } };
  return {
    ...fitted,
    asking: { ...asking, at } as Asking,
    missing: [
      ...fitted.missing,
      ...unknown.map(({ limit, fen }) => figureToRecord(law, limit.cite, limit.id, rules.limit(limit), fen !== null)),
    ],
  };
}
