"""Reports of people without an account: the public pages, and the desk that decides on them."""
