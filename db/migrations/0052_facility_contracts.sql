-- The invoices behind what is billed of a facility are found by the contracts that name it.
create index contract_lines_facility on contract_lines (book_id, facility_id, contract_id);
