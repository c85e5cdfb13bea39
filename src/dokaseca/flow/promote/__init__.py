"""From one environment to the next: which revision may go where, decided from verdicts. Pure so far.

Takes what runs where and how it does, gives a Promotion plan. Never writes to a repository. Read next: `gates`, `plan`.
"""
