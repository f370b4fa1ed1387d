// Whose evidence files are, what stands in the way of detaching one, and how they are shown. Pure.
import type { z } from 'zod';
import type { EvidenceAttachment, EvidenceFile } from '../../db/tables.js';
import type { attachment, DigitalInvoice, evidenceFile, Finding, SubjectKind } from '../../schemas/evidence-files.js';
import type { Day } from '../calendar.js';
import { addMonths, formatInstant } from '../calendar.js';
import type { Actor, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';

/** Accounting vouchers and what they rest on are kept for 30 years (会计档案管理办法 附表一). Nothing is removed after that either. */
const monthsKept = 360;

/** A thing that files are evidence of, as its own slice knows it. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
  /** The parties to it, who see it. */
  readonly provider: { readonly providerId: string; readonly actingUscc: string } | null;
  readonly enterprise: { readonly enterpriseId: string; readonly legalPersonUscc: string } | null;
  /** Members who are asked about it as experts, and have declared themselves free of interest. */
  readonly experts: readonly string[];
  readonly state: string;
  /** From here on the decision rests on its files. */
  readonly isDecided: boolean;
}

/** Whose eyes and hands. */
export type Eyes = Pick<Actor, 'role' | 'legalPersonUscc' | 'memberId' | 'personId'>;

/** What a district looks at in its preliminary review: cases, and what they rest on. */
export const seenByDistricts: readonly SubjectKind[] = ['APPLICATION', 'REIMBURSEMENT', 'CONTRACT', 'USAGE_INVOICE', 'PAYMENT'];

/** Whether these eyes are the authorities', who see the whole book. */
export const seesAll = ({ role, legalPersonUscc }: Pick<Eyes, 'role' | 'legalPersonUscc'>): boolean =>
  legalPersonUscc === null && role !== 'expert' && role !== 'district_reviewer';

/**
 * Whether the actor sees the thing: the authorities see all; a member of the trade what its legal person is party to in its role; a
 * district what its review looks at; an expert the case that they are asked about, once declared free of interest.
 */
export function seesSubject(eyes: Eyes, of: Subject): boolean {
  if (eyes.role === 'expert') return of.experts.includes(eyes.memberId);
  if (eyes.role === 'district_reviewer') return seenByDistricts.includes(of.kind);
  const acting = eyes.role === 'provider' ? of.provider?.actingUscc : of.enterprise?.legalPersonUscc;
  return seesAll(eyes) || acting === eyes.legalPersonUscc;
}

/** Whether the file was uploaded by the actor's own side: its legal person in its role, or the authorities; experts and districts are one by one. */
export function isOwn(eyes: Eyes, of: Pick<EvidenceFile, 'uploaderRole' | 'legalPersonUscc' | 'uploadedPerson'>): boolean {
  if (eyes.legalPersonUscc !== null) return of.legalPersonUscc === eyes.legalPersonUscc && of.uploaderRole === eyes.role;
  return of.legalPersonUscc === null && (seesAll(eyes) || (of.uploadedPerson === eyes.personId && of.uploaderRole === eyes.role));
}

/**
 * Why the actor cannot detach the file from the thing, or null. Files of a decided case stay (EVIDENCE_CASE_DECIDED); who did not upload a
 * file does not take it away, and what differs from a digital invoice is not made to vanish by a party to it: that is for a reviewer
 * (EVIDENCE_NOT_YOURS).
 */
export function refusalOfDetaching(
  actor: Eyes,
  of: { file: EvidenceFile; attached: EvidenceAttachment; subject: Subject },
): Refused | null {
  const { file, attached, subject } = of;
  if (attached.detachedOn !== null) return refused('EVIDENCE_DETACHED', { name: file.name, day: attached.detachedOn });
  if (subject.isDecided)
    return refused('EVIDENCE_CASE_DECIDED', { name: file.name, subject: subject.kind, state: subject.state });
  const differs = ((attached.findings as Finding[] | null) ?? []).length > 0;
  if (actor.role !== 'reviewer' && (differs || !isOwn(actor, file))) return refused('EVIDENCE_NOT_YOURS', { name: file.name });
  return null;
}

/** What the digital invoices attached to an invoice say of it, together. */
export function verdictOf(attached: readonly EvidenceAttachment[]): 'MATCHES' | 'DIFFERS' | null {
  const compared = attached.filter(({ detachedOn, findings }) => detachedOn === null && findings !== null);
  if (compared.length === 0) return null;
  return compared.some(({ findings }) => (findings as Finding[]).length > 0) ? 'DIFFERS' : 'MATCHES';
}

export const keptUntil = (uploadedOn: Day): Day => addMonths(uploadedOn, monthsKept);

export const presentFile = (row: EvidenceFile): z.input<typeof evidenceFile> => ({
  evidenceFileId: row.evidenceFileId,
  kind: row.kind,
  name: row.name,
  format: row.format,
  mediaType: row.mediaType,
  size: Number(row.sizeBytes),
  sha256: row.sha256,
  sm3: row.sm3,
  digitalInvoice: row.digitalInvoice as DigitalInvoice | null,
  uploadedOn: row.uploadedOn,
  keptUntil: keptUntil(row.uploadedOn),
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentAttachment = (row: EvidenceAttachment): z.input<typeof attachment> => ({
  attachmentId: row.attachmentId,
  evidenceFileId: row.evidenceFileId,
  subjectKind: row.subjectKind,
  subjectId: row.subjectId,
  findings: row.findings as Finding[] | null,
  attachedOn: row.attachedOn,
  detachedOn: row.detachedOn,
  detachReason: row.detachReason,
});
