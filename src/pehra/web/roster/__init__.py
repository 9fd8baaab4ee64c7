"""Pages of rosters: the week of a team, and what one shift hands to the next."""
