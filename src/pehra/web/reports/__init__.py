"""Reports for those who lead and those who pay: one number on the page, on paper, in files."""
