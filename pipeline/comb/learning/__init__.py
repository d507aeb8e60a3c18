"""The classifier: its training dataset, the models it joins, thresholds, suggestions and their explanation."""
