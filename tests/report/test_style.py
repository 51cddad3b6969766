"""Colors: enough contrast in light and dark, also over the watermark; nothing fetched."""

import re
from importlib import resources

import pytest

from equipoise.report.figures import matrix

TEXT, GRAPHIC = 4.5, 3.0
"""Least contrast of text and of graphical objects (WCAG 2.2, 1.4.3 and 1.4.11)."""
LINEAR_BELOW, LINEAR_SLOPE = 0.04045, 12.92
"""Constants of sRGB (IEC 61966-2-1)."""


def css(name):
    return resources.files("equipoise.report").joinpath("templates", name).read_text(encoding="utf-8")


def tokens(block):
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


LIGHT = tokens(css("page.css").partition("@media")[0])
DARK = {**LIGHT, **tokens(css("page.css").partition("prefers-color-scheme: dark")[2].partition("\n}\n")[0])}


def luminance(color):
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / LINEAR_SLOPE if one <= LINEAR_BELOW else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_both_themes_give_every_color():
    assert set(LIGHT) == set(DARK)
    assert LIGHT["page"] != DARK["page"]
    assert {f"arm-{place}" for place in range(6)} <= set(LIGHT)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "muted", "accent"])
@pytest.mark.parametrize("ground", ["page", "stain", "faint"])
def test_text_is_legible_on_the_page_and_over_the_watermark(theme, ink, ground):
    assert contrast(theme[ink], theme[ground]) >= TEXT


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("band", ["band", "blind"])
def test_text_is_legible_on_the_bands(theme, band):
    assert contrast(theme[f"{band}-ink"], theme[band]) >= TEXT


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("ground", ["page", "stain"])
def test_every_arm_stands_out_from_the_page(theme, place, ground):
    assert contrast(theme[f"arm-{place}"], theme[ground]) >= GRAPHIC


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("depth", range(matrix.STEPS))
def test_every_cell_of_a_matrix_is_legible(theme, depth):
    rule = css("figures.css").partition("svg .on-cell-5")[2].partition("}")[0]
    inked = depth == 5 or f".on-cell-{depth}" in rule
    assert contrast(theme["cell-ink" if inked else "ink"], theme[f"cell-{depth}"]) >= TEXT


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_cells_stand_out_from_the_page_the_more_the_deeper(theme):
    found = [contrast(theme[f"cell-{depth}"], theme["page"]) for depth in range(matrix.STEPS)]
    assert found == sorted(set(found))


def test_arms_are_told_apart_by_line_style_as_well():
    dashes = re.findall(r"\.arm-[2-5] \.mean \{ stroke-dasharray: ([\d ]+); \}", css("figures.css"))
    assert len(dashes) == len(set(dashes)) == 4


def test_simulated_and_blinded_bands_do_not_look_alike():
    assert contrast(LIGHT["band"], LIGHT["blind"]) >= GRAPHIC
    assert contrast(DARK["band"], DARK["blind"]) >= GRAPHIC
