"""Who changed what, from which commit, and what came of it: a chain in which no link can be changed unseen.

Takes any value above, gives Records. Never holds a document or a Secret; a record that cannot be written fails the
pass. Read next: `record`, `chain`, then `write`.
"""
