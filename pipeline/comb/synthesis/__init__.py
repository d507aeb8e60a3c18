"""From codes to the paper and the intervention: who said what, how many, their beliefs, and possible interventions.

Plain functions over records. A count always includes the ids of the counted passages.
"""
