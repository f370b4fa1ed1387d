// XML from outside: small, shallow, and with nothing in it that a parser could be led by. No DTD, hence no entities but the five of XML
// and characters by number; nothing is ever fetched.
import { readFile } from 'node:fs/promises';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { FileRefused } from './formats.js';

export const xmlBounds = { depth: 24, elements: 20_000 } as const;

/** An element: its children by name, without prefixes, or its text. */
export interface XmlElement {
  readonly [name: string]: readonly (XmlElement | string)[];
}

const unsafe = (zh: string, en: string): FileRefused => new FileRefused('EVIDENCE_XML_UNSAFE', { zh, en });

/**
 * Reads a file of XML, in UTF-8 or GB 18030. Throws FileRefused (EVIDENCE_XML_UNSAFE): a document type or entity declaration of any kind,
 * another encoding, deeper or more than the bounds, not well-formed.
 */
export async function readSafeXml(file: string): Promise<XmlElement> {
  return parseSafeXml(await readFile(file));
}

export function parseSafeXml(bytes: Buffer): XmlElement {
  const text = decoded(bytes);
  if (/<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text)) {
    throw unsafe('不得含有 DTD 或实体声明', 'it declares a document type or entities');
  }
  if ((text.match(/<[^/!?]/g) ?? []).length > xmlBounds.elements) {
    throw unsafe(`元素超过 ${xmlBounds.elements} 个`, `it has more than ${xmlBounds.elements} elements`);
  }
  if (depthOf(text) > xmlBounds.depth)
    throw unsafe(`嵌套超过 ${xmlBounds.depth} 层`, `it is nested more than ${xmlBounds.depth} deep`);
  const broken = () => unsafe('不是格式良好的 XML', 'it is not well-formed XML');
  try {
    if (XMLValidator.validate(text) !== true) throw broken();
    const parser = new XMLParser({
      ignoreAttributes: true,
      ignoreDeclaration: true,
      ignorePiTags: true,
      removeNSPrefix: true,
      parseTagValue: false,
      trimValues: true,
      processEntities: false,
      isArray: () => true,
      maxNestedTags: xmlBounds.depth,
    });
    const read: unknown = parser.parse(text);
    return read as XmlElement;
  } catch (error) {
    throw error instanceof FileRefused ? error : broken();
  }
}

/** How deep elements stand in each other at most, counted before anything recurses over them. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [tag] of text.matchAll(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?:[^<>"']|"[^"]*"|'[^']*')*>/g)) {
    if (tag.startsWith('<!') || tag.startsWith('<?') || tag.endsWith('/>')) continue;
    depth += tag.startsWith('</') ? -1 : 1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

function decoded(bytes: Buffer): string {
  const said = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']/i.exec(
    bytes.subarray(0, 200).toString('latin1').replace(/^ï»¿/, ''),
  )?.[1];
  const encoding = (said ?? 'utf-8').toLowerCase();
  const known = ['utf-8', 'utf8'].includes(encoding)
    ? 'utf-8'
    : ['gb18030', 'gbk', 'gb2312'].includes(encoding)
      ? 'gb18030'
      : undefined;
  try {
    if (known !== undefined) return new TextDecoder(known, { fatal: true }).decode(bytes);
  } catch {
    // Told as the wrong encoding below.
  }
  throw unsafe('编码须为 UTF-8 或 GB 18030', 'its encoding must be UTF-8 or GB 18030');
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The text of an element with its references told; what is no reference of XML stays as it stands. */
export const plainText = (text: string): string =>
  text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return named[name.toLowerCase()] ?? whole;
      const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
      return code > 31 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
    },
  );

/** What stands at a place: names from this element's children down; the first of several, or nothing. */
export function elementsAt(of: XmlElement, place: string): readonly (XmlElement | string)[] {
  const [name = '', ...rest] = place.split('/');
  const found = Object.hasOwn(of, name) ? (of[name] ?? []) : [];
  if (rest.length === 0) return found;
  return found.flatMap((child) => (typeof child === 'string' ? [] : elementsAt(child, rest.join('/'))));
}

/** The first text that is not empty at any of these places. */
export function textAt(of: XmlElement, places: readonly string[]): string | undefined {
  for (const place of places) {
    for (const found of elementsAt(of, place)) {
      if (typeof found === 'string' && found.trim() !== '') return plainText(found).trim();
    }
  }
  return undefined;
}
