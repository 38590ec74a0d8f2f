"""Judges whether a machine and its sensors can produce a measurement: named findings, from pure functions.

    limits     every parameter with its reason, and the codes of the findings
    table      measurements as arrays, and what came before each
    timeline   the rows in the order of time, block by block
    curve      the park's power curve
    park       what is usual in the park: season, spread, curve
    past       what is usual for one turbine
    verdicts   rows to judge, what they are judged against, and the verdict of a rule
    row_rules, history_rules   the rules, each with its source: on one row alone, and against the past
    sentences  the French sentence of each finding
    judging    the ways in: a single measurement, the park's last ones, every row of a table
    memory     the pasts of a park's turbines, kept so that a measurement is judged in microseconds

Nothing later than the judged row is ever used. ``docs/plausibilite.md`` gives the rate of each finding on
each data set.
"""
