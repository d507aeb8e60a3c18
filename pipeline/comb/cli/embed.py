"""``comb embed``: from segments to embeddings."""

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("embed")
def embed_command() -> None:
    """Turn segments into embeddings; only texts that are new are encoded.

    Example: comb embed
    """
    from comb.stages.embed import embed

    embed(find_study(to_write=True), console)
