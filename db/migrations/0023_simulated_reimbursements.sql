-- Simulations of reimbursement, and what is held.
--
-- A case that a figure not on record holds is not known to be nothing: what the other side gives it is kept apart, and the difference
-- leaves it out. What somebody could claim who has not applied, or of whose application nothing was decided, stands beside: it is
-- compared with nothing.
alter table simulation_enterprises
  add column held                integer not null default 0 check (held >= 0),
  add column held_compared_fen   bigint  not null default 0 check (held_compared_fen between 0 and compared_fen),
  add column held_simulated_fen  bigint  not null default 0 check (held_simulated_fen between 0 and simulated_fen),
  add column potential_fen       bigint  not null default 0 check (potential_fen >= 0),
  drop constraint simulation_enterprises_difference,
  add constraint simulation_enterprises_difference check
    (difference_fen = (simulated_fen - held_simulated_fen) - (compared_fen - held_compared_fen));

-- Results that were written before tell of nothing held and nobody apart.
update simulations
   set result = (result::jsonb
                 || jsonb_build_object(
                      'facts', (result::jsonb -> 'facts') || '{"assumed": 0}',
                      'held', '{"awarded": {"count": 0, "compared": "0.00", "simulated": "0.00"},
                                "redeemed": {"count": 0, "compared": "0.00", "simulated": "0.00"}}'::jsonb,
                      'potential', null))::json
 where result is not null;
