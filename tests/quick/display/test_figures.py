"""Figures: what they draw, and their alternative text, which is generated from the data."""

import io
import weakref

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from helpers import kinetics_labels, samples
from helpers.display import (
    Picture,
    draw_crop,
    draw_filters,
    draw_frames,
    draw_heat_maps,
    draw_history,
    draw_inflation,
    draw_optical_flow,
    draw_padding,
    draw_roc,
    history_table,
    label_cloud,
    picture,
    slice_coherence,
)
from helpers.display import frames as display_frames
from helpers.display.colors import WORD_COLORS
from helpers.display.history import ACTION_MODELS, FROZEN, UCF101, ZERO_SHOT
from helpers.display.optical_flow import optical_flow


def texts(shown: Picture) -> str:
    return " | ".join(text.get_text() for axis in shown.image.axes for text in [axis.title, *axis.texts])


def frames_of(count=2, shift=0):
    rng = np.random.default_rng(0)
    noise = np.kron(rng.integers(0, 255, (20, 20), np.uint8), np.ones((6, 6), np.uint8))
    return np.stack([np.repeat(np.roll(noise, i * shift, 1)[..., None], 3, -1) for i in range(count)])


def test_a_notebook_gets_a_png_on_white_with_alternative_text():
    data, metadata = draw_frames(frames_of(), ["a", "b"], alt="Noise.")._repr_png_()
    assert metadata == {"alt": "Noise. 2 frames: a, b."}
    with Image.open(io.BytesIO(data)) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_the_same_figure_is_the_same_png():
    assert draw_inflation().png() == draw_inflation().png()


def test_a_terminal_gets_the_alternative_text():
    assert repr(draw_inflation()).startswith("Left: one image")


def test_the_alternative_text_of_a_picture_can_be_replaced():
    with_bar = draw_heat_maps(frames_of(2), {"yoga": np.ones((1, 2, 2))})
    replaced = picture(with_bar, alt="Yoga.")
    assert (replaced.alt, replaced.image, replaced.colors) == ("Yoga.", with_bar.image, 0), "all colors of the color bar"


def test_frames_need_titles():
    with pytest.raises(ValueError, match="no frames to draw"):
        draw_frames([], [])
    with pytest.raises(ValueError, match="one title for each of the 2 frames, not 1"):
        draw_frames(frames_of(), ["a"])


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda: draw_frames(frames_of(), ["a", "b"], columns=0), "columns must be at least 1, not 0"),
        (lambda: draw_frames(frames_of() / 255, ["a", "b"]), r"frame 0 is float64 .*For values from 0 to 1: \(255 \* frames\)"),
        (lambda: draw_frames(["a.png"], ["a"]), "frame 0 is a str, but must be an array"),
        (lambda: draw_optical_flow(frames_of() / 255), r"frames are float64 .*, but must be uint8 \[T, H, W, 3\]"),
        (lambda: draw_optical_flow(frames_of()[..., 0]), r"frames are uint8 \[2, 120, 120\], but must be"),
        (lambda: draw_optical_flow(list(frames_of())), r"frames are a list.*np.stack\(frames\) returns one"),
        (
            lambda: draw_heat_maps(frames_of(16)[..., 0], {"yoga": np.zeros((2, 7, 7))}),
            r"frames are uint8 \[16, 120, 120\], but must be",
        ),
        (lambda: draw_crop(samples["v_Cartwheel_g01_c01.avi"], position=-1), "position must be .* at least 0, not -1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_only_one_frame_of_a_video_is_held_to_draw_it(monkeypatch):
    yielded, most = [], []

    def iterate(path, fps):
        for i in range(30):
            frame = np.full((32, 48, 3), i, np.uint8)
            yielded.append(weakref.ref(frame))
            most.append(sum(reference() is not None for reference in yielded))
            yield frame

    monkeypatch.setattr(display_frames, "iterate_frames", iterate)
    shown = draw_crop("clip.mp4", position=20)
    assert shown.image.axes[0].images[0].get_array().max() == 20
    assert max(most) <= 3


def test_the_grid_of_frames_has_no_empty_cells():
    assert len(draw_frames(frames_of(2), ["a", "b"]).image.axes) == 2


def test_the_crop_is_drawn_next_to_the_original():
    shown = draw_crop(samples["v_Cartwheel_g01_c01.avi"])
    left, right = shown.image.axes
    (square,) = {(patch.get_x(), patch.get_y(), patch.get_width()) for patch in left.patches}
    assert square == (55, 15, 210)
    assert right.images[0].get_array().shape == (224, 224, 3)
    assert "320 x 240" in shown.alt and "210" in shown.alt


def test_each_result_is_drawn_with_its_own_name_and_benchmark():
    axis = draw_history().image.axes[0]
    assert sorted(text.get_text() for text in axis.texts) == sorted(model.name for model in ACTION_MODELS)
    drawn = {line.get_label(): len(line.get_xdata()) for line in axis.lines}
    assert drawn == {name: sum(m.benchmark == name for m in ACTION_MODELS) for name in drawn}
    styles = {(line.get_marker(), line.get_markerfacecolor()) for line in axis.lines}
    assert len(styles) == len(drawn) == 5


def test_names_in_the_history_do_not_overlap():
    shown = draw_history()
    shown.image.draw_without_rendering()
    boxes = [text.get_window_extent().padded(-1) for text in shown.image.axes[0].texts]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]


def test_the_history_states_setting_and_source():
    assert all(model.setting and model.source for model in ACTION_MODELS)
    text, table = repr(history_table()), BeautifulSoup(history_table()._repr_html_(), "html.parser")
    assert len(text.splitlines()) == len(table("tr")) == 1 + len(ACTION_MODELS)
    shown = [[cell.text for cell in row("td")] for row in table.tbody("tr")]
    for model in ACTION_MODELS:
        row = [str(model.year), model.name, model.benchmark, f"{model.accuracy:.1f}", model.setting, model.source]
        assert row in shown and all(value in text for value in row)


def test_the_two_results_of_two_stream_i3d_belong_together():
    (two_stream,) = (m for m in ACTION_MODELS if m.name == "Two-Stream I3D" and m.benchmark == UCF101)
    assert two_stream.accuracy == 98.0 and "80.7" in two_stream.setting and "ImageNet" in two_stream.setting


def test_frozen_and_zero_shot_results_are_separate_benchmarks():
    kinds = {model.name: model.benchmark for model in ACTION_MODELS}
    assert kinds["V-JEPA ViT-H"] == kinds["V-JEPA 2 ViT-g"] == FROZEN and kinds["PE-core G"] == ZERO_SHOT


def test_inflation_shows_the_weights():
    shown = draw_inflation(frames=6, depth=3)
    assert "w1/3 to w9/3" in shown.alt
    assert [texts(shown).count(f"w{i}/3") for i in range(1, 10)] == [3] * 9
    assert texts(draw_inflation(depth=5)).count("w5/5") == 5


def test_flow_finds_a_movement_to_the_right():
    frames = frames_of(shift=3)
    right, down = np.median(optical_flow(*frames).reshape(-1, 2), axis=0)
    assert right == pytest.approx(3, abs=0.3) and down == pytest.approx(0, abs=0.3)
    assert "Noise, in two frames" in draw_optical_flow(frames, alt="Noise.").alt


def test_flow_needs_two_frames():
    with pytest.raises(ValueError, match=r"requires two frames, such as clip\[30:32\], not 1"):
        draw_optical_flow(frames_of(1))


def test_heat_maps_have_a_row_for_each_label_and_one_scale():
    right, wrong = np.zeros((2, 2, 7, 7), np.float32)
    right[1, 2, 4], wrong[0, 0, 0] = 5, 2
    shown = draw_heat_maps(frames_of(16), {"yoga": right, "golf": wrong}, alt="Heat of noise")
    below = shown.image.axes[2:6]
    assert {axis.images[0].get_clim() for axis in below} == {(0, 5)}
    assert [axis.get_title(loc="left") for axis in below] == ["yoga", "", "golf", ""]
    assert "yoga: largest value 5, at frame 12, in row 3 of 7 and column 5 of 7; golf: largest value 2" in shown.alt
    assert shown.colors == 0, "fewer colors falsify the color bar"


@pytest.mark.parametrize(
    "maps, found",
    [({"a": np.zeros((3, 7, 7))}, r"\[3, 7, 7\]"), ({"a": np.zeros((2, 7, 7)), "b": np.zeros((1, 7, 7))}, ","), ({}, "none")],
)
def test_maps_that_do_not_fit_the_frames_or_each_other_are_refused(maps, found):
    with pytest.raises(ValueError, match=f"at most one for each of the 2 frames, not .*{found}"):
        draw_heat_maps(frames_of(2), maps)


def test_an_image_filter_is_coherent_in_whatever_slices_and_a_difference_is_not():
    image = np.random.default_rng(0).normal(size=(3, 3, 3))
    profiles = {"inflated": [1, 1, 1], "in one slice": [0, 1, 0], "fading": [3, 2, 0], "difference": [1, 0, -1]}
    filters = np.stack([np.multiply.outer(profile, image) for profile in profiles.values()], axis=-1)
    assert slice_coherence(filters) == pytest.approx([1, 1, 1, 0])
    unlike = np.concatenate([filters[..., 0][:1], filters[..., 0][:1, ::-1, ::-1]])[..., np.newaxis]
    assert 0.1 < slice_coherence(unlike)[0] < 0.95


def test_the_strongest_filters_are_sorted_by_coherence_and_share_one_scale():
    filters = np.zeros((2, 3, 3, 3, 4), np.float32)
    filters[..., 0] = 1
    filters[0, ..., 1], filters[1, ..., 1] = 1, -1
    filters[0, ..., 2] = 0.1
    filters[..., 3] = 0.01
    shown = draw_filters(filters, count=3)
    ends = [axis.get_title()[-4:] for axis in shown.image.axes]
    assert ends == ["0.00", "1.00", "1.00", ""]
    weak = shown.image.axes[2].images[0].get_array()
    assert weak[0, 0, 0] == pytest.approx(0.55, abs=0.01), "the same scale as the strong ones"
    assert shown.alt.startswith("3 filters, each a strip of 2 slices and their sum")
    assert "below 0.5 in 1 of them" in shown.alt


def test_the_line_in_the_padding_chart_has_a_label():
    shown = draw_padding([20, 1e-5, 1e-5, 12], [1, 2, 3, 4])
    assert "0.0001" in texts(shown)
    assert "20 at the start, 12 at the end, and below 0.0001 from second 2.0 to second 3.0" in shown.alt


def test_roc_states_counts_and_areas():
    shown = draw_roc({"entropy": (np.array([0.1, 0.2]), np.array([0.15, 0.3, 0.4]))})
    legend = [text.get_text() for text in shown.image.axes[0].get_legend().get_texts()]
    assert legend == ["entropy (area 83%)", "chance (area 50%)"]
    assert "2 known and 3 unknown clips" in shown.alt and "finds 67%" in shown.alt


def test_the_history_has_room_for_every_result():
    axis = draw_history([ACTION_MODELS[0]._replace(year=2009, accuracy=10.0)]).image.axes[0]
    assert axis.get_xlim()[0] < 2009 and axis.get_ylim()[0] < 10
    axis = draw_history().image.axes[0]
    assert axis.get_xlim() == (2013.6, 2027.4) and axis.get_ylim() == (62, 101)


FOUR = {name: [1, 2] for name in "abcd"}


@pytest.mark.parametrize(
    "misuse, message",
    [
        (lambda: draw_roc({name: (np.array([0.1]), np.array([0.2])) for name in FOUR}), "one to three detectors, not 4"),
        (lambda: draw_roc({}), "one to three detectors, not 0"),
        (lambda: draw_roc({"entropy": (np.array([np.nan, 0.1]), np.array([0.2]))}), "1 of 2 negative scores are NaN"),
        (lambda: draw_padding([1, np.nan], [1, 2]), "1 of 2 differences are not finite"),
        (lambda: draw_padding([1], [1]), "at least two differences"),
        (lambda: draw_padding([1, 2], [1]), "one time for each of the 2 differences, not 1"),
        (
            lambda: draw_history([ACTION_MODELS[0]._replace(benchmark="mine")]),
            "'mine' is not a benchmark of this chart. Use one of",
        ),
        (lambda: draw_inflation(frames=2), "depth must be from 1 to the number of frames, 2, not 3"),
        (lambda: draw_heat_maps(frames_of(), {"yoga": np.full((1, 7, 7), -1.0)}), "49 of 49 values of the maps are negative"),
        (lambda: draw_heat_maps(frames_of(), {"yoga": np.full((1, 7, 7), np.nan)}), "49 of 49 values of the maps are not finite"),
    ],
)
def test_nothing_is_left_out_of_a_chart(misuse, message):
    with pytest.raises(ValueError, match=message):
        misuse()


def luminance(color):
    values = [value / 255 for value in color]
    red, green, blue = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_word_cloud_is_legible():
    colors = [tuple(int(color[i : i + 2], 16) for i in (1, 3, 5)) for color in WORD_COLORS]
    assert min(1.05 / (luminance(color) + 0.05) for color in colors) >= 4.5
    image = label_cloud(kinetics_labels(), size=(600, 300)).image
    counts = {color: count for count, color in image.getcolors(600 * 300) if color != (255, 255, 255)}
    assert set(sorted(counts, key=counts.get)[-5:]) == set(colors), "the words have these colors, apart from soft edges"


def test_the_alternative_text_of_the_word_cloud_lists_the_largest_words():
    assert label_cloud(["to run", "to walk", "to run far"], words=2).alt.endswith("3 labels. The largest words are run, walk.")
