"""``comb segment``: from transcripts to segments."""

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.cli.engine import Address, Count, Engine, check_engine


@app.command("segment")
def segment_command(engine: Engine = "local", address: Address = "", workers: Count = 0) -> None:
    """Read the transcripts in data/raw and cut them into segments.

    Example: comb segment
    """
    check_engine(engine, address, workers)
    study = find_study(to_write=True)
    if engine == "ray":
        from comb.scale.segment import segment_on_ray

        segment_on_ray(study, console, address=address, workers=workers)
        return
    from comb.stages.segment import segment

    segment(study, console)
