"""Is this what a machine and its sensors can produce? Named findings, from pure functions over arrays.

    limits     every parameter with its reason, and the codes of the findings
    table      measurements as arrays, and what came before each
    timeline   the rows in the order of time, block by block
    curve      the park's power curve
    park       what is usual in the park: season, spread, curve
    past       what is usual for one turbine
    verdicts   the shape of what is judged and of what a rule answers
    row_rules, history_rules   the rules, each with its source: on one row alone, and against the past
    sentences  what each finding tells a technician
    judging    the ways in: one measurement, the park's last ones, every row of a table
    memory     the pasts of a park's turbines, kept so that one measurement is judged in microseconds

Nothing later than the judged row is ever used. How often each rule speaks on which data is told in
``docs/plausibilite.md``.
"""
