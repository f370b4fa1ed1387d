-- A line of the bank that is taken in asks whether an exception of its payment is there, closed ones too; those that are open have an index of
-- their own, which keeps them single. Without this one each line read every exception of its kind.
create index reconciliation_exceptions_subject on reconciliation_exceptions (book_id, kind, subject, exception_id);
