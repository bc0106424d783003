"""What can go wrong through no fault of ours, each with the exit code the command line returns.

    RtvcError            1   anything else a user can cause
    |- UsageError        2   an option or its value makes no sense
    |- DeviceError       3   no PortAudio, no such device, or it would not open
    |- ModelError        4   a model or voice file is missing, damaged or not ours
    `- AudioFileError    5   an audio file cannot be read or written

A message says what was found, what was expected and what to do about it, in one sentence.
"""


class RtvcError(Exception):
    exit_code = 1


class UsageError(RtvcError):
    exit_code = 2


class DeviceError(RtvcError):
    exit_code = 3


class ModelError(RtvcError):
    exit_code = 4


class AudioFileError(RtvcError):
    exit_code = 5


EXIT_INTERRUPTED = 130  # what a shell reports for Ctrl-C
