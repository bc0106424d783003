"""From what the user wrote as a target to the Voice a model is given: one voice, or several mixed."""

from rtvc import catalog, own_voices
from rtvc.blend import Share, mixed, parts
from rtvc.voices import Voice


def target_voice(target: str, model: str) -> Voice:
    """By name, or a blend of several by their names and shares."""
    shares = [Share(target, 1.0)] if target in catalog.voice_paths() else parts(target)
    found = [own_voices.up_to_date(catalog.voice(one.voice), model) for one in shares]
    if len(found) == 1:
        return found[0]
    return mixed(target, [(voice, one.weight) for voice, one in zip(found, shares, strict=True)])
