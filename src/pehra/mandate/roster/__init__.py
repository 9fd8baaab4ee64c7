"""Who of a team is on duty and on call, from when to when, and what one shift hands to the next."""
