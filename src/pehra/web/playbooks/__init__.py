"""Pages of playbooks: what there is, one as a picture and as a list, and how it is followed."""
