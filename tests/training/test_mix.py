import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from training.mix import main, mixed
from training.networks.stream import AVERAGE


def run_in(folder, value, step, config="seed = 1\n"):
    folder.mkdir()
    (folder / "config.toml").write_text(config)
    weights = {"a": torch.full((2, 3), value), "count": torch.tensor(int(value))}
    save_file(weights, folder / AVERAGE, metadata={"step": step})
    return str(folder)


def test_weights_lie_between_and_say_where_they_are_from(tmp_path, monkeypatch):
    earlier, later = run_in(tmp_path / "one", 1.0, "10"), run_in(tmp_path / "two", 3.0, "10+20", "seed = 2\n")
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["mix", earlier, later, "--share", "0.25", "--out", str(out)])
    assert main() == 0
    weights = load_file(out / AVERAGE)
    assert torch.equal(weights["a"], torch.full((2, 3), 1.5)) and weights["count"] == 3
    assert (out / "config.toml").read_text() == "seed = 2\n"
    with safe_open(out / AVERAGE, framework="pt") as file:
        assert file.metadata()["step"] == "0.25 of the way from 10 to 10+20"


def test_ends_are_the_runs_themselves():
    one, two = {"a": torch.rand(4)}, {"a": torch.rand(4)}
    assert torch.equal(mixed(one, two, 0.0)["a"], one["a"])
    assert torch.allclose(mixed(one, two, 1.0)["a"], two["a"])


def test_different_networks_are_refused(tmp_path, monkeypatch, capsys):
    with pytest.raises(ValueError, match="different networks"):
        mixed({"a": torch.rand(4)}, {"a": torch.rand(5)}, 0.5)
    missing = [str(tmp_path / "no"), str(tmp_path / "nor this")]
    for arguments in ([*missing, "--out", str(tmp_path / "out")], [*missing, "--share", "2", "--out", "x"]):
        monkeypatch.setattr("sys.argv", ["mix", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 2
    said = capsys.readouterr().err
    assert "cannot be mixed" in said and "between 0 and 1" in said
    assert not (tmp_path / "out").exists()
