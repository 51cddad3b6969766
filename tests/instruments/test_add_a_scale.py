"""docs/how-to/add-a-scale.md is true: what it prints is a scale with its vectors."""

import re

import pytest

from equipoise import instruments


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "how-to" / "add-a-scale.md").read_text(encoding="utf-8")


def block(page, language):
    [found] = re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)
    return found


def test_one_file_and_one_vector_file_are_a_scale(page, vectors, tmp_path):
    scale_file = tmp_path / "calm3.yaml"
    scale_file.write_text(block(page, "yaml"), encoding="utf-8")
    vector_file = tmp_path / "calm3.csv"
    vector_file.write_text(block(page, "csv"), encoding="utf-8")
    scale = instruments.parse(scale_file.read_bytes(), scale_file.name)
    assert vectors(scale, vector_file).disagreements() == []
    assert vectors(scale, vector_file).gaps() == []
    assert "calm3" in instruments.describe.markdown(scale)


def test_every_scale_has_its_docs_line(page):
    listed = re.findall(r"^- `([a-z0-9_]+)`: \S", page.partition("## The scales\n")[2], flags=re.MULTILINE)
    assert listed == list(instruments.names())


def test_the_page_names_files_that_exist(page, root):
    for path in (
        "src/equipoise/instruments/scales",
        "tests/instruments/test_vectors.py",
        "tests/golden/instruments",
    ):
        assert path in page
        assert (root / path).exists()
