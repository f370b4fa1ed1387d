import type { z } from 'zod';
import type { BankFormat } from '../../db/tables.js';
import type { bankFormatRecorded, recordBankFormat as body } from '../../schemas/bank.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted } from '../ledger/lane.js';
import { bankFormatShelf } from './facts.js';
import { refuseMapping } from './formats.js';
import { presentBankFormat } from './rules.js';

/**
 * Records how the files of a bank are written, as a setting of the book: a further version where the code is known (`treasury` too, which
 * every book has). Files of then on are read by it. Refuses BANK_FORMAT_AMBIGUOUS.
 */
export const recordBankFormat: Verb<z.output<typeof body>, Omit<z.input<typeof bankFormatRecorded>, 'ledgerSeq'>> = {
  name: 'bank_format.record',
  money: false,

  gather: async (loader, commands) => {
    await loader.load(
      bankFormatShelf,
      'code',
      commands.map(({ body }) => body.code),
    );
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const ambiguous = refuseMapping(body.mapping);
    if (ambiguous) return ambiguous;
    // After this line the command succeeds.
    const row: BankFormat = {
      bookId: facts.bookId,
      bankFormatId: id,
      code: body.code,
      version: facts.all(bankFormatShelf, 'code', body.code).length + 1,
      name: body.name,
      mapping: body.mapping,
      recordedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'bank_format.recorded',
      subjectId: id,
      result: presentBankFormat(row),
      changes: [insert(bankFormatShelf, row)],
    });
  },
};
