/** Files sent as clients send them. Not a test itself. */
import { Readable } from 'node:stream';
import type { Answer, Caller, Service } from '../service.js';

/** The smallest thing that is a PDF. */
export const pdf = (text = ''): Buffer => Buffer.from(`%PDF-1.4\n${text}\ntrailer\n%%EOF\n`);
const mediaTypes: Record<string, string> = {
  pdf: 'application/pdf',
  xml: 'text/xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  csv: 'text/csv',
  txt: 'text/plain',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

export interface UploadOf {
  kind?: string;
  subject?: [string, string];
  type?: string;
  disposition?: string | null;
  key?: string;
  book?: string;
}
/** An upload by who holds this key, whole in one piece. */
export async function upload(service: Service, who: Caller, name: string, bytes: Buffer, of: UploadOf = {}): Promise<Answer> {
  const query = new URLSearchParams({ kind: of.kind ?? 'OTHER' });
  if (of.subject) for (const [index, key] of ['subjectKind', 'subjectId'].entries()) query.set(key, of.subject[index] ?? '');
  const disposition = of.disposition === undefined ? `attachment; filename*=UTF-8''${encodeURIComponent(name)}` : of.disposition;
  const response = await service.app.inject({
    method: 'POST',
    url: `/v1/books/${of.book ?? 'zhengzhou'}/evidence-files?${query.toString()}`,
    headers: {
      authorization: `Bearer ${who.secret}`,
      'content-type': of.type ?? mediaTypes[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      ...(disposition === null ? {} : { 'content-disposition': disposition }),
      ...(of.key === undefined ? {} : { 'idempotency-key': of.key }),
    },
    payload: Readable.from([bytes]),
  });
  const body: unknown = response.headers['content-type']?.toString().includes('json') ? JSON.parse(response.body) : response.body;
  return { status: response.statusCode, body, headers: response.headers };
}
