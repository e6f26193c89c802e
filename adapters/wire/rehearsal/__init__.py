"""The rehearsal: a walk through a partner's real endpoint before going live.

Promises that without a test dossier nothing is changed at the partner; that a protocol comes of it
which people can sign, without secrets; and that the profile lines that it proposes load. `walk`
takes the steps in their order, each in a module here, against one partner (`records.Partner`,
written in each partner's folder). What was learned of a reply becomes a line of the proposal at
once, and the next steps are taken under it: so the rehearsal is the proposal's first trial.
"""
