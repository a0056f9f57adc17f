"""Networks of the papers, each in one small file."""
