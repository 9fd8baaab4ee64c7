"""Evidence of cases: taken in, kept with its custody, and handed over to those who may ask for it.

Whoever works on a case does not see its evidence by that alone: an office that holds the power
`keep-evidence` does, in a case in which its team is. Nothing of it is ever run, shown as what it
claims to be, or given out but as a sealed file (rules, 4.6).
"""
