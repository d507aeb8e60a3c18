"""``comb embed``: from segments to embeddings."""

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.cli.engine import Address, Count, Engine, check_engine


@app.command("embed")
def embed_command(engine: Engine = "local", address: Address = "", workers: Count = 0) -> None:
    """Turn segments into embeddings; only new texts are encoded.

    Example: comb embed
    """
    check_engine(engine, address, workers)
    study = find_study(to_write=True)
    if engine == "ray":
        from comb.scale.embed import embed_on_ray

        embed_on_ray(study, console, address=address, workers=workers)
        return
    from comb.stages.embed import embed

    embed(study, console)
