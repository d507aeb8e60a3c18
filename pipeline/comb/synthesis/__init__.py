"""From codes to the paper and to the intervention: who said what, how many, what they believe and what may help.

Plain functions over records. A count always carries the ids of the passages that it counts.
"""
