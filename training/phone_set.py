"""The phones of English as the aligner names them, and the file their labels are kept in."""

SILENCE = "SIL"
PHONES = (
    *"AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L".split(),
    *"M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split(),
    SILENCE,
)
UNKNOWN = 255
PHONES_FILE = "phones.npy"
