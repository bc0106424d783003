"""How the virtual card is set up: PulseAudio's modules and rates, ALSA's names, and what finds both."""

import os
from pathlib import Path

RATE = 48000

_DAEMON = f"""
exit-idle-time = -1
flat-volumes = no
realtime-scheduling = yes
default-sample-format = float32le
default-sample-rate = {RATE}
alternate-sample-rate = {RATE}
"""
MICROPHONE = "module-remap-source source_name=mic master=cable.monitor remix=no channels=1 channel_map=mono"
SPEAKER = (
    "module-remap-sink sink_name=speaker master=cable remix=no channels=1 channel_map=mono "
    "master_channel_map=front-left"
)
# Without norewinds the null sink renders seconds ahead and then stalls.
_MODULES = f"""
load-module module-native-protocol-unix auth-anonymous=1 socket={{folder}}/socket
load-module module-null-sink sink_name=cable rate={RATE} format=float32le channels=2 norewinds=1
load-module {SPEAKER}
load-module module-remap-sink sink_name=mouth master=cable remix=no \
  channels=1 channel_map=mono master_channel_map=front-right
load-module module-cli-protocol-unix socket={{folder}}/orders
load-module {MICROPHONE} master_channel_map=front-right
set-default-sink speaker
set-default-source mic
"""
# Without handle_underrun the plugin hides underruns, and the delay just grows.
_ALSA = """
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse handle_underrun true hint { show on description "Card" } }
ctl.!default { type pulse }
pcm.card_mic { type pulse device mic handle_underrun true }
pcm.card_speaker { type pulse device speaker handle_underrun true }
pcm.CardMic { type asym capture.pcm "card_mic" hint { show on description "Card microphone" } }
pcm.CardSpeaker { type asym playback.pcm "card_speaker" hint { show on description "Card speaker" } }
"""


def write(folder: Path) -> dict[str, str]:
    """Put all of it into this folder; returns the environment in which programs find this card only."""
    (folder / "daemon.conf").write_text(_DAEMON)
    (folder / "client.conf").write_text("autospawn = no\n")
    (folder / "modules.pa").write_text(_MODULES.replace("{folder}", str(folder)))
    (folder / "alsa.conf").write_text(_ALSA)
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "PULSE_LATENCY_MSEC")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return kept | {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_RUNTIME_PATH": str(folder),
        "PULSE_SERVER": f"unix:{folder}/socket",
        "PULSE_COOKIE": str(folder / "cookie"),
        "PULSE_CONFIG": str(folder / "daemon.conf"),
        "PULSE_CLIENTCONFIG": str(folder / "client.conf"),
        "ALSA_CONFIG_PATH": str(folder / "alsa.conf"),
        "JACK_NO_START_SERVER": "1",
    }
