// A digital invoice (数电票) read from its XML by a mapping that is data (db/digital-invoices), and held against what was typed.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { DigitalInvoice, InvoiceMapping } from '../../schemas/evidence-files.js';
import { invoiceMapping } from '../../schemas/evidence-files.js';
import { isDay } from '../calendar.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { FileRefused } from './formats.js';
import type { XmlElement } from './safe-xml.js';
import { elementsAt, textAt } from './safe-xml.js';
import { fenIn } from './findings.js';

export const shippedMappings = fileURLToPath(new URL('../../db/digital-invoices', import.meta.url));

/** A mapping file that cannot be used, in a sentence for the person at the terminal. */
export class MappingUnusable extends Error {}

/** Every mapping of a folder, the latest version first. Throws MappingUnusable with what is wrong in which file. */
export function loadMappings(folder: string): InvoiceMapping[] {
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => /\.ya?ml$/.test(file));
  } catch {
    throw new MappingUnusable(`DIGITAL_INVOICE_MAPPINGS: the folder ${folder} cannot be read.`);
  }
  const mappings = files.map((file) => {
    const read = invoiceMapping.safeParse(parse(readFileSync(path.join(folder, file), 'utf8')));
    if (!read.success) {
      const { path: at, message } = read.error.issues[0] ?? { path: [], message: '' };
      throw new MappingUnusable(`DIGITAL_INVOICE_MAPPINGS: ${file}: ${at.join('.')}: ${message}`);
    }
    if (file.replace(/\.ya?ml$/, '') !== nameOf(read.data)) {
      throw new MappingUnusable(`DIGITAL_INVOICE_MAPPINGS: ${file} says that it is ${nameOf(read.data)}.`);
    }
    return read.data;
  });
  return mappings.sort((a, b) => b.version - a.version || a.name.localeCompare(b.name));
}

const nameOf = ({ name, version }: InvoiceMapping): string => `${name}.v${version}`;

const unreadable = (zh: string, en: string): FileRefused => new FileRefused('DIGITAL_INVOICE_UNREADABLE', { zh, en });

/**
 * Reads a digital invoice by the latest mapping of its root element. Nothing is guessed: a field that is not where the mapping says, or
 * is not of its kind, is FileRefused (DIGITAL_INVOICE_UNREADABLE) by name, and so are two invoices in one file.
 */
export function readDigitalInvoice(document: XmlElement, mappings: readonly InvoiceMapping[]): DigitalInvoice {
  const mapping = mappings.find(({ root }) => Object.hasOwn(document, root));
  if (!mapping) {
    const roots = [...new Set(mappings.map(({ root }) => root))].join(', ');
    throw unreadable(`根元素须为 ${roots}`, `its root element must be ${roots}`);
  }
  const [root, another] = document[mapping.root] ?? [];
  if (root === undefined || typeof root === 'string' || another !== undefined)
    throw unreadable('文件须恰有一张发票', 'it must hold one invoice');
  const optional = (places: readonly string[], from: XmlElement = root): string | null => textAt(from, places) ?? null;
  const said = (places: readonly string[], from: XmlElement = root): string => {
    const text = textAt(from, places);
    if (text === undefined || text.length > 300)
      throw unreadable(`缺少 ${places.join(' / ')}`, `${places.join(' / ')} is missing`);
    return text;
  };
  const amount = (places: readonly string[], from?: XmlElement): Fen => {
    const text = said(places, from);
    const fen = fenIn(text);
    if (fen === null) throw unreadable(`${places.join(' / ')} 不是金额：${text}`, `${places.join(' / ')} is no amount: ${text}`);
    return fen;
  };
  // What is not taxed writes no tax, or asterisks.
  const tax = (places: readonly string[], from?: XmlElement): Fen =>
    /^[*＊]*$/.test(optional(places, from) ?? '') ? 0n : amount(places, from);

  const number = said(mapping.number);
  if (!/^\d{20}$/.test(number)) throw unreadable(`发票号码不是 20 位数字：${number}`, `its number is not 20 digits: ${number}`);
  const issued = said(mapping.issuedOn);
  const issuedOn = /^(\d{4})[-/年]?(\d{2})[-/月]?(\d{2})/.exec(issued)?.slice(1).join('-') ?? '';
  if (!isDay(issuedOn)) throw unreadable(`开票日期有误：${issued}`, `its day of issue is none: ${issued}`);
  const { blueFlag, seller, buyer, line } = mapping;
  const flag = said(blueFlag.at);
  if (![...blueFlag.blue, ...blueFlag.red].includes(flag)) throw unreadable(`蓝字标志有误：${flag}`, `its blue flag is ${flag}`);
  const [net, vat, gross] = [amount(mapping.net), tax(mapping.vat), amount(mapping.gross)];
  const remark = optional(mapping.originalNumberInRemark.at) ?? '';
  const inRemark = mapping.originalNumberInRemark.after.flatMap((label) => {
    const at = remark.indexOf(label);
    return at < 0 ? [] : (/^[:：\s]*(\d{20})(?!\d)/.exec(remark.slice(at + label.length))?.[1] ?? []);
  });
  const originalNumber = optional(mapping.originalNumber) ?? inRemark[0] ?? null;
  const found = mapping.lines.flatMap((place) => elementsAt(root, place));
  const lines = found.filter((of): of is XmlElement => typeof of !== 'string');
  if (lines.length === 0) throw unreadable('没有明细行', 'it has no lines');
  return {
    mapping: nameOf(mapping),
    number,
    issuedOn,
    originalNumber,
    isRedLetter: blueFlag.red.includes(flag) || gross < 0n,
    seller: { uscc: said(seller.uscc).toUpperCase(), name: said(seller.name) },
    buyer: { uscc: said(buyer.uscc).toUpperCase(), name: said(buyer.name) },
    net: formatYuan(net),
    vat: formatYuan(vat),
    gross: formatYuan(gross),
    lines: lines.map((of) => ({
      name: said(line.name, of),
      quantity: optional(line.quantity, of),
      rate: optional(line.rate, of),
      net: formatYuan(amount(line.net, of)),
      vat: formatYuan(tax(line.vat, of)),
    })),
  };
}
