import type { FastifyInstance } from 'fastify';
import { decisionLetter } from '../../schemas/decision-letters.js';
import { Problem } from '../http/problem.js';
import { authorities, reading } from '../http/routes.js';
import { letterOfContract, letterOfOffset, letterOfVoucher } from './endings.js';
import type { Asked } from './letters.js';
import { letterOfApplication, letterOfCorrection, letterOfRedemption, letterOfReimbursement } from './letters.js';
import type { Decided } from './rules.js';
import { letterOf } from './rules.js';

/** Decisions as letters (决定书), to whoever may read what was decided. Refuses NOT_FOUND, NOT_DECIDED. */
export function decisionLetterRoutes(app: FastifyInstance): void {
  const letters = [
    { of: 'applications', tag: 'applications', trade: ['enterprise'], find: letterOfApplication },
    { of: 'redemptions', tag: 'redemptions', trade: ['enterprise', 'provider'], find: letterOfRedemption },
    { of: 'reimbursements', tag: 'reimbursements', trade: ['enterprise'], find: letterOfReimbursement },
    { of: 'corrections', tag: 'contracts', trade: ['enterprise', 'provider'], find: letterOfCorrection },
    { of: 'contracts', tag: 'contracts', trade: ['enterprise', 'provider'], find: letterOfContract },
    { of: 'vouchers', tag: 'vouchers', trade: ['enterprise', 'provider'], find: letterOfVoucher },
    { of: 'recovery-offsets', tag: 'recoveries', trade: ['enterprise', 'provider'], find: letterOfOffset },
  ] as const satisfies readonly {
    of: string;
    tag: string;
    trade: readonly ('enterprise' | 'provider')[];
    find: (asked: Asked) => Promise<Decided | 'UNDECIDED' | undefined>;
  }[];
  for (const { of, tag, trade, find } of letters) {
    reading(app, {
      url: `/${of}/:id/decision-letter`,
      tag,
      sensitive: true,
      summary: 'The decision as a letter (决定书): facts, articles, computation, result, remedies and deadlines',
      roles: [...authorities, ...trade],
      response: decisionLetter,
      read: async ({ db, id, book, principal }) => {
        const found = await find({ db, book, principal, id });
        if (!found) throw new Problem('NOT_FOUND');
        if (found === 'UNDECIDED') throw new Problem('NOT_DECIDED');
        return letterOf(found);
      },
    });
  }
}
