"""`stream` as two one-frame steps: one hears, one says. Their states are named inputs and outputs."""

import torch
from torch import Tensor, nn

from rtvc.model_format import HEARD, KEYS, NEXT_PREFIX, RECALL, SIDE, STATE_PREFIX, VALUES, VOICE, MemoryShape
from training.networks.causal import State
from training.networks.recall import Recall
from training.networks.stream import SIDE_CHANNELS, VOICE_SIZE, ContentEncoder, Decoder, Stream

MEL_OUT = "mel_out"
_MOVED = "moved"


class StreamHear(nn.Module):
    """Flat arguments for the exporter: inputs of shape (1, 1, width), then the states in order."""

    output = HEARD

    def __init__(self, content: ContentEncoder, n_mels: int) -> None:
        super().__init__()
        self.content, self.n_mels = content, n_mels
        self.state_names = list(self.initial_state())

    @property
    def inputs(self) -> dict[str, int]:
        return {"mel": self.n_mels, "energy": 1}

    def initial_state(self) -> State:
        return {f"content.{name}": x for name, x in self.content.initial_state(1).items()}

    def forward(self, mel: Tensor, energy: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        named = dict(zip(self.state_names, state, strict=True))
        content, after = self.content(mel, energy, _inner(named, "content"))
        return (content, *(after[name.removeprefix("content.")] for name in self.state_names))


class StreamSay(nn.Module):
    """As StreamHear; its memory is an input of many rows."""

    output = MEL_OUT

    def __init__(self, decoder: Decoder, recall: Recall) -> None:
        super().__init__()
        self.decoder, self.recall = decoder, recall
        self.state_names = list(self.initial_state())

    @property
    def inputs(self) -> dict[str, int]:
        widths = {HEARD: self.memory.content, SIDE: SIDE_CHANNELS, VOICE: VOICE_SIZE, RECALL: 1}
        return widths | {KEYS: self.memory.rows, VALUES: self.memory.width}

    @property
    def memory(self) -> MemoryShape:
        config = self.recall.config
        return MemoryShape(config.rows, config.shape, self.recall.content_width)

    def initial_state(self) -> State:
        inner = {f"decoder.{name}": x for name, x in self.decoder.initial_state(1).items()}
        return inner | {_MOVED: torch.zeros(1, 1, self.recall.config.shape)}

    def forward(
        self,
        heard: Tensor,
        side: Tensor,
        voice: Tensor,
        recall: Tensor,
        keys: Tensor,
        values: Tensor,
        *state: Tensor,
    ) -> tuple[Tensor, ...]:
        named = dict(zip(self.state_names, state, strict=True))
        shape, found = self.recall.find(heard, keys, values)
        content = self.recall.moved_content(heard, found, recall)
        said, after = self.decoder(content, side, voice[:, 0], _inner(named, "decoder"))
        mel, moved = self.recall.moved_mel(said, shape, recall, named[_MOVED])
        states = {f"decoder.{name}": x for name, x in after.items()} | {_MOVED: moved}
        return (mel, *(states[name] for name in self.state_names))


Part = StreamHear | StreamSay


def parts_of(stream: Stream, recall: Recall) -> tuple[StreamHear, StreamSay]:
    return StreamHear(stream.content, stream.spec.n_mels), StreamSay(stream.decoder, recall)


def input_names(part: Part) -> list[str]:
    return [*part.inputs, *(STATE_PREFIX + name for name in part.initial_state())]


def output_names(part: Part) -> list[str]:
    return [part.output, *(NEXT_PREFIX + name for name in part.initial_state())]


def _inner(state: State, part: str) -> State:
    prefix = f"{part}."
    return {name.removeprefix(prefix): x for name, x in state.items() if name.startswith(prefix)}
