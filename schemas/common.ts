// What every request and response is made of. zod only; the refusals' codes travel in `params.code`.
import { z } from 'zod';

/** The code a malformed value is refused with; a missing one is MISSING_FIELD instead. */
const coded = (code: string) => (issue: { input?: unknown }) => (issue.input === undefined ? undefined : code);

/** Yuan with two decimals as text, below 10^15: `"1234.56"`. Never a JSON number. */
export const amount = z
  .string({ error: coded('AMOUNT_FORMAT') })
  .regex(/^(0|[1-9]\d{0,14})\.\d{2}$/, { error: 'AMOUNT_FORMAT' })
  .meta({ description: 'Yuan with two decimals, as text', examples: ['1234.56'] });

/** A yuan amount that may be negative (account balances only). */
export const signedAmount = z
  .string()
  .regex(/^-?\d+\.\d{2}$/)
  .meta({ description: 'Yuan with two decimals, as text; may be negative', examples: ['-1234.56'] });

/** A calendar day that exists, in Asia/Shanghai. */
export const day = z.iso
  .date({ error: coded('DAY_INVALID') })
  .refine((text) => text >= '1900-01-01', { error: 'DAY_INVALID' })
  .meta({ description: 'A day in Asia/Shanghai, from 1900 on', examples: ['2024-07-31'] });

/** A month, `YYYY-MM`. */
export const month = z
  .string({ error: coded('MONTH_INVALID') })
  .regex(/^(19|[2-9]\d)\d{2}-(0[1-9]|1[0-2])$/, { error: 'MONTH_INVALID' })
  .meta({ description: 'A month in Asia/Shanghai, from 1900 on', examples: ['2024-07'] });

export const instant = z.string().meta({ description: 'RFC 3339 with offset', examples: ['2024-07-31T10:00:00.000+08:00'] });

export const id = z.uuid({ error: coded('ID_FORMAT') }).meta({ description: 'UUIDv7' });

/** A unified social credit code (GB 32100). Shape only; the check character is judged by the service. */
export const uscc = z
  .string()
  .min(1)
  .max(40)
  .meta({ description: 'Unified social credit code, 18 characters', examples: ['91410100MA0000007G'] });

/** A positive quantity with up to four decimals, as text. */
export const quantity = z
  .string({ error: coded('QUANTITY_FORMAT') })
  .regex(/^(0|[1-9]\d{0,13})(\.\d{1,4})?$/, { error: 'QUANTITY_FORMAT' })
  .meta({ description: 'A quantity with up to four decimals, as text', examples: ['736.5'] });

/** Capitals and digits, words joined by underscores: classes of enterprises and of models as programmes name them. */
export const className = z
  .string()
  .max(60)
  .regex(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, { error: 'CLASS_FORMAT' });

/** The model that is paid for, where rates go by its class; with its number in the register. Both or none. */
export const ofModel = {
  modelClass: className
    .optional()
    .meta({ description: 'The class of the model as programmes name it; checked by the bureau', examples: ['REGISTERED_LARGE'] }),
  modelRegistrationNo: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'With modelClass: the number that the model or algorithm is registered under (备案号)' }),
};
export const modelShown = { modelClass: z.string().nullable(), modelRegistrationNo: z.string().nullable() };

export const name = z.string().trim().min(1).max(200);
export const reason = z.string().trim().min(1).max(500);

/** A document's number as offices write it: letters of the issuer, the year in 〔〕, a number. */
export const documentNumber = z
  .string()
  .trim()
  .max(100)
  .regex(/^[\p{L}\p{N}]+〔\d{4}〕\d+号$/u, { error: 'DOCUMENT_NO_FORMAT' });

/** The last ledger entry this answer rests on; null for a dry run, which records nothing. */
export const ledgerSeq = z
  .int()
  .nullable()
  .meta({ description: 'Sequence of the last ledger entry of this command; null for a dry run' });

/** A page of a list: follow `next` until it is null. Stable order, oldest first. */
export const page = <T extends z.ZodType>(item: T) => z.strictObject({ items: z.array(item), next: z.string().nullable() });

export const pageQuery = z.strictObject({
  cursor: z.string().max(200).optional().meta({ description: '`next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** What a download is written as. */
export const fileFormat = z
  .enum(['ndjson', 'csv', 'xlsx'])
  .default('ndjson')
  .meta({ description: 'CSV is UTF-8 with BOM and CRLF; in CSV and xlsx columns are named in the language that is asked for' });

export const bookParams = z.strictObject({ book: z.string().max(31) });
export const bookAndIdParams = bookParams.extend({ id });

/** One line of a decision's explanation: the article, its rule in words, what went in and what came out. */
export const explanationStep = z.strictObject({
  article: z.string(),
  document: z.string(),
  ruleZh: z.string(),
  ruleEn: z.string(),
  inputs: z.record(z.string(), z.string()),
  result: z.string(),
  bound: z.boolean().optional(),
  decidedBy: z.string().optional().meta({ description: 'Who may read the article otherwise, where it leaves it open' }),
});

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string().optional(),
    errors: z
      .array(
        z.object({
          pointer: z.string(),
          code: z.string(),
          detail: z.string(),
          line: z.int().optional().meta({ description: 'Of a file: the line, from 1, the header included' }),
          column: z.string().optional().meta({ description: 'Of a file: the header of the column' }),
          value: z.string().optional().meta({ description: 'Of a file: what stands there' }),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });
