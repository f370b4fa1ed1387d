// The trail of access, as auditors read it.
import { z } from 'zod';
import { day, fileFormat, id, instant, page, pageQuery } from './common.js';

const outcome = z.enum(['ALLOWED', 'DENIED']);

export const trailRow = z.strictObject({
  trailId: id,
  happenedAt: instant,
  action: z.string().meta({
    description: 'The address as this description writes it, or an event of an account; `*`: of various addresses',
    examples: ['GET /v1/books/:book/vouchers/:id'],
  }),
  subject: z.string().nullable().meta({ description: 'What the address named' }),
  outcome,
  code: z
    .string()
    .nullable()
    .meta({ description: 'Why it was denied', examples: ['FORBIDDEN'] }),
  memberId: id.nullable().meta({ description: 'null: nobody had been proved' }),
  personId: id.nullable(),
  role: z.string().nullable(),
  means: z.enum(['KEY', 'SIGNED_KEY', 'SESSION']).nullable(),
  credential: z.string().nullable().meta({ description: 'The public part of the key that was shown' }),
  address: z.string().meta({ description: 'Where it came from: an IPv4 address, or the first half of an IPv6 address' }),
  requestId: z.string().nullable().meta({ description: 'By which the service’s log is searched' }),
  alike: z.int().meta({ description: 'How many refusals alike, within about a second, it stands for' }),
});
export const trailPage = page(trailRow);

const wanted = {
  memberId: id.optional(),
  outcome: outcome.optional(),
  fromDay: day.optional().meta({ description: 'Of this day in Asia/Shanghai and later' }),
  toDay: day.optional().meta({ description: 'Of this day and earlier' }),
};
export const trailQuery = pageQuery.extend(wanted);
export const trailFileQuery = z.strictObject({ ...wanted, format: fileFormat });
