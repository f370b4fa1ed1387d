-- Objections, recoveries and red letters rest on files too. One that is attached to a thing without a party to it (an objection, a recovery
-- that its debtor is not told of yet), or by an expert, is for the authorities alone.
alter table evidence_attachments
  drop constraint evidence_attachments_of_somebody,
  drop constraint evidence_attachments_subject_kind_check,
  add constraint evidence_attachments_subject_kind_check check (subject_kind in (
    'CONTRACT', 'APPLICATION', 'REIMBURSEMENT', 'USAGE_INVOICE', 'PAYMENT', 'RED_LETTER', 'OBJECTION', 'RECOVERY', 'LISTING',
    'LISTING_APPLICATION', 'FACILITY_OBSERVATION'));
