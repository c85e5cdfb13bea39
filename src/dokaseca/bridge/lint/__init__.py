"""What is wrong between clusters and the ApplicationSets that select on them, found before anything runs.

Takes facts (what ApplicationSets read, what clusters set, which files a repository has), gives findings with file and
line. One rule per file in `rules`; a rule is pure and knows nothing of where facts come from. Read next: `facts`, then
`check`.
"""
