-- What a provider is selected by (遴选): the criteria that the version in force of a programme names, with the highest points of each where
-- the text gives them (else 100). They are kept with the application as they were when it was drafted, and never change: a later version of
-- the programme selects later applicants. Where no programme is named, the bureau selects by the four criteria of the partner plan.
alter table listing_applications
  add column programme_version_id uuid,
  add column criteria jsonb not null default
    '[{"id": "ADVANCED_EQUIPMENT", "name": {"zh": "设备先进", "en": "advanced equipment"}, "points": null},
      {"id": "TECHNICAL_SECURITY", "name": {"zh": "技术安全", "en": "technical security"}, "points": null},
      {"id": "GREEN_ENERGY", "name": {"zh": "绿色节能", "en": "green and saving energy"}, "points": null},
      {"id": "FAVOURABLE_PRICE", "name": {"zh": "价格优惠", "en": "favourable price"}, "points": null}]'
    check (jsonb_typeof(criteria) = 'array' and jsonb_array_length(criteria) between 1 and 50),
  add foreign key (book_id, programme_version_id) references programme_versions (book_id, programme_version_id);
alter table listing_applications alter column criteria drop default;

-- A score is one of a criterion that its application is selected by, and of no more points than that one has.
alter table listing_scores drop constraint listing_scores_criterion_check, drop constraint listing_scores_score_check,
  add constraint listing_scores_score_check check (score >= 0);
create function refuse_score_beyond_criterion() returns trigger language plpgsql as $$
declare
  v_points integer;
begin
  select coalesce((c ->> 'points')::integer, 100) into v_points
    from listing_applications a cross join jsonb_array_elements(a.criteria) c
   where a.book_id = new.book_id and a.application_id = new.application_id and c ->> 'id' = new.criterion;
  if v_points is null or new.score > v_points then
    raise exception 'the application is not scored by % up to %', new.criterion, new.score using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger listing_scores_of_criterion before insert on listing_scores
  for each row execute function refuse_score_beyond_criterion();
