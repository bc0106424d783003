"""What a model says of the recordings, and renders, it learned from."""

_CORPORA = {
    "vctk": "CC BY 4.0",
    "vcc2016": "CC BY 4.0",
    "vcc2018": "CC BY 4.0",
    "librispeech": "CC BY 4.0",
    "ljspeech": "public domain",
    "cmu_arctic": "BSD-style",
    "speechocean762": "free for commercial and non-commercial purposes",
    "fsdd": "CC BY-SA 4.0",
    "sc09": "CC BY 4.0",
    "audiomnist": "MIT",
    "philharmonia": "CC BY-SA 3.0, whose samples may not be passed on as they are",
    "sms_tools": "CC BY 4.0",
    "weresax": "CC0 1.0",
    "fluidr3-gm": "MIT",
}
_UNKNOWN = "licence of its owner"


def licence_of(corpora: list[str]) -> str:
    return "MIT (weights); learned from " + ", ".join(
        f"{corpus} ({_CORPORA.get(corpus, _UNKNOWN)})" for corpus in corpora
    )


def corpus_licence(corpus: str) -> str:
    return _CORPORA.get(corpus, _UNKNOWN)
