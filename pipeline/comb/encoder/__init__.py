"""The encoder: export, quantisation, embeddings with their cache, and fine-tuning."""
