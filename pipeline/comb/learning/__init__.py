"""The classifier: its training material, the models it joins, thresholds, suggestions and their explanation."""
