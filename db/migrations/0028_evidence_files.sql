-- Evidence files: the papers that cases rest on. Their bytes stand in a store of their own, by content; here stands what is known of
-- them, and what they are attached to.

-- A file as it was uploaded, written only once its bytes are durable in the store, where they stand under the book and `sha256`: the
-- same content uploaded twice is two rows and one object. `format` and `media_type` are what the bytes are, not what they were said
-- to be. `digital_invoice` is what was read in a digital invoice's XML, by the mapping named in it. Kept for 30 years at least:
-- nothing changes or removes a row, and nothing removes bytes that have one.
create table evidence_files (
  book_id            uuid        not null references books,
  evidence_file_id   uuid        not null,
  kind               text        not null check (kind in (
    'APPLICATION_FORM', 'BUSINESS_LICENCE', 'CONTRACT', 'INVOICE', 'PAYMENT_PROOF', 'USAGE_STATEMENT', 'PROJECT_NOTE',
    'NO_DUPLICATE_FUNDING_STATEMENT', 'COMMITMENT_LETTER', 'CREDIT_REPORT', 'LISTING_PROOF', 'FACILITY_EVIDENCE', 'AUDIT_REPORT',
    'OTHER')),
  name               text        not null check (length(name) between 1 and 200 and name !~ '[/\\]'),
  format             text        not null check (format in ('PDF', 'OFD', 'XML', 'JPEG', 'PNG', 'XLSX', 'DOCX', 'CSV', 'TXT')),
  media_type         text        not null,
  size_bytes         bigint      not null check (size_bytes > 0),
  sha256             text        not null check (sha256 ~ '^[0-9a-f]{64}$'),
  sm3                text        not null check (sm3 ~ '^[0-9a-f]{64}$'),
  digital_invoice    json,
  uploaded_person    uuid        not null,
  uploader_role      text        not null,
  legal_person_uscc  text,
  uploaded_on        date        not null,
  recorded_at        timestamptz not null,
  primary key (book_id, evidence_file_id),
  foreign key (book_id, uploaded_person) references persons (book_id, person_id),
  constraint evidence_files_digital_invoice check (digital_invoice is null or (format = 'XML' and kind = 'INVOICE'))
);
create index evidence_files_content on evidence_files (book_id, sha256);

-- That a file is evidence of a thing, with the parties to that thing, who see it. A thing is named by kind and id; the lane looks that
-- it is there, and nothing of a book is ever deleted. `findings` is where a digital invoice says otherwise than what was typed of the
-- invoice it is attached to; null where nothing was compared. Detaching is a fact of its own: the row stays, and says who, when and why.
create table evidence_attachments (
  book_id           uuid        not null,
  attachment_id     uuid        not null,
  evidence_file_id  uuid        not null,
  subject_kind      text        not null check (subject_kind in (
    'CONTRACT', 'APPLICATION', 'REIMBURSEMENT', 'USAGE_INVOICE', 'PAYMENT', 'LISTING', 'LISTING_APPLICATION', 'FACILITY_OBSERVATION')),
  subject_id        uuid        not null,
  provider_id       uuid,
  enterprise_id     uuid,
  findings          json,
  attached_person   uuid        not null,
  attached_on       date        not null,
  detached_person   uuid,
  detached_on       date,
  detach_reason     text        check (length(detach_reason) between 1 and 500),
  recorded_at       timestamptz not null,
  primary key (book_id, attachment_id),
  foreign key (book_id, evidence_file_id) references evidence_files (book_id, evidence_file_id),
  foreign key (book_id, provider_id) references providers (book_id, provider_id),
  foreign key (book_id, enterprise_id) references enterprises (book_id, enterprise_id),
  foreign key (book_id, attached_person) references persons (book_id, person_id),
  foreign key (book_id, detached_person) references persons (book_id, person_id),
  constraint evidence_attachments_of_somebody check (num_nonnulls(provider_id, enterprise_id) >= 1),
  constraint evidence_attachments_detached check (num_nulls(detached_person, detached_on, detach_reason) in (0, 3))
);
create unique index evidence_attachments_once on evidence_attachments (book_id, evidence_file_id, subject_id)
  where detached_on is null;
create index evidence_attachments_file on evidence_attachments (book_id, evidence_file_id);
create index evidence_attachments_subject on evidence_attachments (book_id, subject_id, attachment_id);

create trigger evidence_files_append_only before update or delete on evidence_files for each row execute function refuse_change();
create trigger evidence_files_no_truncate before truncate on evidence_files for each statement execute function refuse_change();
create trigger evidence_attachments_kept before delete on evidence_attachments for each row execute function refuse_change();
create trigger evidence_attachments_no_truncate before truncate on evidence_attachments for each statement execute function refuse_change();
create function refuse_detached_again() returns trigger language plpgsql as $$
begin
  raise exception 'a file is detached once' using errcode = 'VL001';
end $$;
revoke all on function refuse_detached_again from public;
create trigger evidence_attachments_detached_once before update on evidence_attachments for each row
  when (old.detached_on is not null or new.detached_on is null) execute function refuse_detached_again();

call keep_in_lane('evidence_files');
call keep_in_lane('evidence_attachments');
grant update (detached_person, detached_on, detach_reason) on evidence_attachments to voucher_app;

-- What the digital invoices attached to an invoice say of it: MATCHES what was typed in every field, or DIFFERS (any of those attached),
-- which keeps its redemption from being verified by rule. Null: none is attached. The findings stand with the attachments.
alter table usage_invoices add column digital_invoice text check (digital_invoice in ('MATCHES', 'DIFFERS'));
grant update (digital_invoice) on usage_invoices to voucher_app;
