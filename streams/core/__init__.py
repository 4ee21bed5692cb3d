"""The decisions, pure: no file, no network, no clock; one module per stage, and what it rests on.

records, text, sources                 what is handed on; folding and tokens; publishers
dedup                                  sightings of one article
vocabulary, forms, compiled, matcher   terms, one automaton over all of them
classify, flag, analyze                labels and flags with their evidence
story, days, traits, signature, links, grouping, telling, explaining    copies and events
index, highlight                       what engines index; what is shown of a hit
query*                                 the query language
evaluate, evaluate_pairs               agreement with what people said
"""
