"""What `stream` is trained for: rebuild the mel, keep speakers out of the content, sound like the target."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from rtvc.mel import MelSpec
from rtvc.voice_encoder import VOICE_NORM
from training.adversarial import Made, persuasion
from training.networks.critic import MelCritic
from training.networks.stream import VOICE_SIZE, SpeakerEncoder, Stream, StreamConfig
from training.perturb import Perturb
from training.phone_set import PHONES, UNKNOWN
from training.speech_batches import Batch, Heard

_FAINT = 0.3  # weight of a bin far below what is audible in speech
_AUDIBLE = -7.5  # log-mel of levelled speech; a quarter of all bins is below
_TABLE_KEPT = 0.6  # how often a known speaker's own vector is added in training


@dataclass(frozen=True)
class LossConfig:
    consistency: float = 0.3
    speaker: float = 0.05
    adversary: float = 0.05
    conversion_speaker: float = 0.06
    conversion_content: float = 0.2
    content_noise: float = 0.1
    lent: float = 0.0  # share of the clips heard in somebody else's voice first, where the voices are trained
    phone: float = 0.1
    fooling: float = 0.1  # these two need the critic
    feature: float = 0.5


class ReverseGradient(torch.autograd.Function):
    @staticmethod
    def forward(_context: object, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(_context: object, *gradients: Tensor) -> Tensor:
        return -gradients[0]


class StreamSystem(nn.Module):
    """Everything that has weights: the live network, the speaker encoder and the training-only heads."""

    def __init__(self, config: StreamConfig, spec: MelSpec, speakers: int) -> None:
        super().__init__()
        self.stream = Stream(config, spec)
        self.speaker_encoder = SpeakerEncoder(spec.n_mels)
        self.known = nn.Embedding(speakers, VOICE_SIZE)
        nn.init.normal_(self.known.weight, std=0.02)
        self.speaker_head = nn.Linear(VOICE_SIZE, speakers, bias=False)
        self.adversary = nn.Sequential(
            nn.Linear(config.content_width, 128), nn.LeakyReLU(0.2), nn.Linear(128, speakers)
        )
        self.phone_head = nn.Sequential(
            nn.Linear(config.content_width, 128), nn.LeakyReLU(0.2), nn.Linear(128, len(PHONES))
        )

    def voice(self, embedding: Tensor, speaker: Tensor | None = None) -> Tensor:
        """A voice vector from the encoder's, with the speaker's own share where it is known."""
        if speaker is not None:
            embedding = embedding + self.known(speaker)
        return VOICE_NORM * functional.normalize(embedding, dim=-1)

    def speaker_logits(self, embedding: Tensor) -> Tensor:
        return 15.0 * embedding @ functional.normalize(self.speaker_head.weight, dim=-1).T


@dataclass(frozen=True)
class Outcome:
    """Of one batch: the sum to be lowered, its parts, and what a critic wants to see."""

    total: Tensor
    terms: dict[str, float]
    real: Tensor
    made: Made


class StreamLoss:
    """Computes all terms for one batch."""

    def __init__(self, system: StreamSystem, config: LossConfig, perturb: Perturb, spread: float) -> None:
        self.system = system
        self.config = config
        self.perturb = perturb
        self.spread = spread

    def __call__(
        self, batch: Batch, log_f0_median: Tensor, convert: bool, critic: MelCritic | None = None
    ) -> Outcome:
        system, config = self.system, self.config
        mel, side = self.perturb.level(batch.mel, batch.side, self.spread)
        content = self._content(self.perturb(mel), side[..., 2:])
        with torch.no_grad():
            other = self._content(self.perturb(mel), side[..., 2:])
        embedding = system.speaker_encoder(batch.reference)
        known = torch.rand(len(mel), 1) < _TABLE_KEPT
        voice = torch.where(known, system.voice(embedding, batch.speaker), system.voice(embedding))
        noisy = content + config.content_noise * torch.randn_like(content)
        output = self._decode(noisy, side, voice)
        real = self._delayed(mel)
        made: Made = [(output, batch.speaker)]
        terms = {
            "mel": mel_distance(output, real),
            "consistency": config.consistency * functional.mse_loss(content, other),
            "speaker": config.speaker
            * functional.cross_entropy(system.speaker_logits(embedding), batch.speaker),
            "adversary": config.adversary * self._adversary(content, batch.speaker),
            "phone": config.phone * self._phones(content, self._delayed(batch.phone)),
        }
        if convert:
            converted, more = self._conversion(content, side, voice, batch, log_f0_median)
            terms |= more
            made.append(converted)
        if critic is not None:
            terms |= self._persuaded(critic, made, real, batch.speaker)
        parts = {name: float(value.detach()) for name, value in terms.items()}
        return Outcome(torch.stack(list(terms.values())).sum(), parts, real, made)

    def voices(
        self, batch: Batch, sources: Batch, log_f0_median: Tensor, convert: bool, critic: MelCritic
    ) -> Outcome:
        """For the voices that ship: rebuild them from whoever said it, and lend them what others said.

        What is heard is the clip itself, the same sentence out of another mouth, or the clip as the network
        would say it in the voice of one of the `sources`: in use it is never the target who speaks.
        """
        system, config = self.system, self.config
        mel, side = self.perturb.level(batch.mel, batch.side, self.spread)
        with torch.no_grad():
            own = self._content(self.perturb(mel), side[..., 2:])
            embedding = system.speaker_encoder(batch.reference)
            heard = self._heard(batch, mel, side, own, sources, log_f0_median)
        content = self._content(self.perturb(heard.mel), heard.energy)
        known = torch.rand(len(mel), 1) < _TABLE_KEPT
        voice = torch.where(known, system.voice(embedding, batch.speaker), system.voice(embedding))
        output = self._decode(content + config.content_noise * torch.randn_like(content), side, voice)
        real = self._delayed(mel)
        made: Made = [(output, batch.speaker)]
        terms = {
            "mel": mel_distance(output, real),
            "consistency": config.consistency * functional.mse_loss(content, own),
            "adversary": config.adversary * self._adversary(content, heard.speaker),
            "phone": config.phone * self._phones(content, self._delayed(batch.phone)),
        }
        if convert:
            said, moved = self._said(sources, batch.speaker, log_f0_median)
            converted, more = self._judged(said, moved, voice, batch.speaker)
            terms |= more
            made.append(converted)
        terms |= self._persuaded(critic, made, real, batch.speaker)
        parts = {name: float(value.detach()) for name, value in terms.items()}
        return Outcome(torch.stack(list(terms.values())).sum(), parts, real, made)

    def _heard(
        self, batch: Batch, mel: Tensor, side: Tensor, own: Tensor, sources: Batch, log_f0_median: Tensor
    ) -> Heard:
        """Some clips that would be heard themselves are first said in the voices of the sources."""
        heard = batch.heard
        other = self.perturb.level(heard.mel, heard.energy, self.spread)
        is_own = heard.is_own[:, None, None]
        result = Heard(
            torch.where(is_own, mel, other[0]),
            torch.where(is_own, side[..., 2:], other[1]),
            heard.speaker.clone(),
            heard.is_own,
        )
        lent = torch.nonzero(heard.is_own & (torch.rand(len(mel)) < self.config.lent)).flatten()
        if len(lent):
            result.mel[lent] = self._in_voice_of(sources, own, mel, side, batch.speaker, lent, log_f0_median)
            result.speaker[lent] = sources.speaker[lent]
        return result

    def _in_voice_of(
        self,
        sources: Batch,
        content: Tensor,
        mel: Tensor,
        side: Tensor,
        speaker: Tensor,
        chosen: Tensor,
        log_f0_median: Tensor,
    ) -> Tensor:
        """Mels of the chosen rows as the sources would say them; the last frames, not yet said, stay."""
        embedding = self.system.speaker_encoder(sources.reference[chosen])
        voice = self.system.voice(embedding, sources.speaker[chosen])
        moved = side[chosen].clone()
        shift = log_f0_median[sources.speaker[chosen]] - log_f0_median[speaker[chosen]]
        moved[..., 0] += shift[:, None]
        said = self._decode(content[chosen], moved, voice)
        return torch.cat([said, mel[chosen, said.shape[1] :]], dim=1)

    def _persuaded(self, critic: MelCritic, made: Made, real: Tensor, speaker: Tensor) -> dict[str, Tensor]:
        fooling, feature = persuasion(critic, made, real, speaker)
        return {"fooling": self.config.fooling * fooling, "feature": self.config.feature * feature}

    @torch.no_grad()
    def _said(self, sources: Batch, target: Tensor, log_f0_median: Tensor) -> tuple[Tensor, Tensor]:
        """Content of the sources, and their pitch and energy brought to the targets' pitch."""
        mel, side = self.perturb.level(sources.mel, sources.side, self.spread)
        content = self._content(self.perturb(mel), side[..., 2:])
        moved = side.clone()
        moved[..., 0] += (log_f0_median[target] - log_f0_median[sources.speaker])[:, None]
        return content, moved

    def _delayed(self, x: Tensor) -> Tensor:
        """What the network answers for: its first `lookahead` outputs have no frame yet."""
        return x[:, : x.shape[1] - self.system.stream.config.lookahead]

    def _content(self, mel: Tensor, energy: Tensor) -> Tensor:
        encoder = self.system.stream.content
        content, _ = encoder(mel, energy, encoder.initial_state(len(mel)))
        return content[:, self.system.stream.config.lookahead :]

    def _decode(self, content: Tensor, side: Tensor, voice: Tensor) -> Tensor:
        decoder = self.system.stream.decoder
        return decoder(content, self._delayed(side), voice, decoder.initial_state(len(side)))[0]

    def _adversary(self, content: Tensor, speaker: Tensor) -> Tensor:
        """A classifier that looks at stretches of content; its gradient is reversed into the encoder."""
        logits = self.system.adversary(ReverseGradient.apply(content)).unfold(1, 24, 24).mean(dim=-1)
        return functional.cross_entropy(logits.flatten(0, 1), speaker.repeat_interleave(logits.shape[1]))

    def _phones(self, content: Tensor, phone: Tensor) -> Tensor:
        """Cross-entropy of the phones read off the content, over the frames that have a label."""
        known = phone != UNKNOWN
        loss = functional.cross_entropy(self.system.phone_head(content)[known], phone[known], reduction="sum")
        return loss / known.sum().clamp(min=1)

    def _conversion(
        self, content: Tensor, side: Tensor, voice: Tensor, batch: Batch, log_f0_median: Tensor
    ) -> tuple[tuple[Tensor, Tensor], dict[str, Tensor]]:
        """Speak it as somebody else of the batch."""
        speaker = batch.speaker
        order = torch.roll(torch.arange(len(side)), 1)
        moved = side.clone()
        moved[..., 0] += (log_f0_median[speaker[order]] - log_f0_median[speaker])[:, None]
        return self._judged(content, moved, voice[order], speaker[order])

    def _judged(
        self, content: Tensor, side: Tensor, voice: Tensor, target: Tensor
    ) -> tuple[tuple[Tensor, Tensor], dict[str, Tensor]]:
        """A conversion must sound like its target and say the same."""
        system, config = self.system, self.config
        output = self._decode(content, side, voice)
        # The judge must not learn to like what it is shown: its weights get no gradient here.
        judge = {name: p.detach() for name, p in system.speaker_encoder.named_parameters()}
        embedding = functional_call(system.speaker_encoder, judge, (output,))
        likeness = functional.cross_entropy(
            15.0 * embedding @ functional.normalize(system.speaker_head.weight.detach(), dim=-1).T,
            target,
        )
        again = self._content(output, self._delayed(side)[..., 2:])
        kept = functional.mse_loss(again, self._delayed(content).detach())
        return (output, target), {
            "conversion_speaker": config.conversion_speaker * likeness,
            "conversion_content": config.conversion_content * kept,
        }


def mel_distance(output: Tensor, target: Tensor) -> Tensor:
    """L1, in which the faint counts less: nobody hears it, and half of it is the noise of the recording."""
    weight = _FAINT + (1.0 - _FAINT) * torch.sigmoid(target - _AUDIBLE)
    return (weight * (output - target).abs()).sum() / weight.sum()
