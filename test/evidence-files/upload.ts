/** Files sent as clients send them. Not a test itself. */
import { Readable } from 'node:stream';
import type { Answer, Caller, Service } from '../service.js';
import { uscc } from '../usage/world.js';

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

export interface InvoiceXml {
  number?: string;
  issued?: string;
  flag?: string;
  seller?: [string, string];
  buyer?: [string, string];
  net?: string;
  vat?: string;
  gross?: string;
  lines?: string;
  remark?: string;
  before?: string;
}
/** A digital invoice (数电票) as its XML says it. */
export const invoiceXml = (of: InvoiceXml = {}): Buffer => {
  const {
    number = '24412000000000000001',
    issued = '2024-08-01 10:00:00',
    flag = 'Y',
    net = '100.00',
    vat = '0.00',
    gross = '100',
  } = of;
  const [sellerCode, sellerName] = of.seller ?? [uscc(2), '中原算力有限公司'];
  const [buyerCode, buyerName] = of.buyer ?? [uscc(1), '甲科技有限公司'];
  const line = `<IssuItemInformation><ItemName>*信息技术服务*训练卡时</ItemName><Quantity>1.0000000000</Quantity><Amount>${net}</Amount><TaxRate>0.06</TaxRate><ComTaxAm>${vat}</ComTaxAm></IssuItemInformation>`;
  return Buffer.from(`<?xml version="1.0" encoding="utf-8"?>${of.before ?? ''}
<EInvoice><Header><EIid>${number}</EIid><InherentLabel><InIssuType><LabelCode>${flag}</LabelCode></InIssuType></InherentLabel></Header>
<EInvoiceData><SellerInformation><SellerIdNum>${sellerCode}</SellerIdNum><SellerName>${sellerName}</SellerName></SellerInformation>
<BuyerInformation><BuyerIdNum>${buyerCode}</BuyerIdNum><BuyerName>${buyerName}</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>${net}</TotalAmWithoutTax><TotalTaxAm>${vat}</TotalTaxAm><TotalTax-includedAmount>${gross}</TotalTax-includedAmount><RequestTime>${issued}</RequestTime></BasicInformation>
${of.lines ?? line}<AdditionalInformation><Remark>${of.remark ?? ''}</Remark></AdditionalInformation></EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>${number}</InvoiceNumber><IssueTime>${issued}</IssueTime></TaxSupervisionInfo></EInvoice>`);
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
