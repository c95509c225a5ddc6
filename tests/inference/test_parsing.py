"""From a photograph to a label map: a graph that knows people by the palette's own colours."""

import cv2
import numpy as np
import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, PackError, PictureError
from app.domain.framing import LANDMARKS, Window, for_category
from app.domain.geometry import Rect
from app.domain.palette import Palette
from app.domain.requests import Parsed, ParseRequest
from app.inference import parsing
from app.inference.packs import PARSING, Pack, load_pack
from app.inference.parsing import MAX_LABELS, Found, Parser, Reading
from app.inference.providers import Device
from tests.inference.doubles import FakeDevices, devices
from tests.inference.graphs import write_pack
from tests.inference.photo_graphs import parser as parser_graph

HEAD, SHOULDER_LEFT, SHOULDER_RIGHT, HIP_LEFT, HIP_RIGHT, SHIRT = 1, 2, 3, 8, 9, 18
"""Classes of the drawn person; in the tiny graph landmark n is the centre of class n + 1."""


@pytest.fixture(scope="module")
def big_pack(tmp_path_factory: pytest.TempPathFactory, palette: Palette) -> Pack:
    folder = tmp_path_factory.mktemp("packs") / "parser"
    graph = parser_graph(palette, frame=(256, 192))
    frame = {"height": 256, "width": 192}
    return load_pack(
        write_pack(folder, palette, task=PARSING, files={"parser": graph}, frame=frame)
    )


@pytest.fixture(scope="module")
def parser(big_pack: Pack) -> Parser:
    return Parser(big_pack, devices())


def person(labels: np.ndarray, x: int, y: int, tall: int) -> None:
    """A person of ``tall`` pixels whose head's top is at x, y."""
    unit = tall // 10

    def block(cls: int, left: float, top: float, right: float, bottom: float) -> None:
        corners = [round(x + left * unit), round(y + top * unit)]
        ends = [round(x + right * unit) - 1, round(y + bottom * unit) - 1]
        cv2.rectangle(labels, corners, ends, cls, -1)

    block(SHIRT, -1.5, 2, 1.5, 10)
    block(HEAD, -1, 0, 1, 2)
    block(SHOULDER_LEFT, 1, 2, 2, 3)
    block(SHOULDER_RIGHT, -2, 2, -1, 3)
    block(HIP_LEFT, 0.5, 6, 1.5, 7)
    block(HIP_RIGHT, -1.5, 6, -0.5, 7)


def photo(labels: np.ndarray, palette: Palette) -> np.ndarray:
    return np.dstack([palette.colors[labels], np.full(labels.shape, 255, np.uint8)])


def parse(parser: Parser, rgba: np.ndarray) -> Parsed:
    return parser(ParseRequest(rgba), CancelToken())


@pytest.mark.parametrize(
    ("height", "width", "x", "y", "tall"),
    [(600, 400, 200, 50, 500), (400, 700, 500, 60, 300), (900, 300, 150, 500, 150)],
)
def test_each_part_is_found_where_it_is(
    parser: Parser, palette: Palette, height: int, width: int, x: int, y: int, tall: int
) -> None:
    truth = np.zeros((height, width), np.uint8)
    person(truth, x, y, tall)
    parsed = parse(parser, photo(truth, palette))
    assert parsed.labels.shape == truth.shape
    edges = cv2.dilate(cv2.Laplacian(truth, cv2.CV_8U, ksize=1), np.ones((7, 7), np.uint8)) > 0
    np.testing.assert_array_equal(parsed.labels[~edges], truth[~edges])
    assert (parsed.labels != truth).mean() < 0.02
    for index in (0, 1, 2, 7, 8):
        rows, columns = np.nonzero(truth == index + 1)
        found = parsed.landmarks[index]
        assert np.hypot(found[0] - columns.mean() - 0.5, found[1] - rows.mean() - 0.5) < 3
        assert found[2] > 0.9
    assert parsed.landmarks[LANDMARKS.index("left_knee"), 2] < 0.2
    box, rows, columns = parsed.person, *np.nonzero(truth)
    wanted = Rect(columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert abs(box.x - wanted.x) + abs(box.right - wanted.right) <= 6
    assert abs(box.y - wanted.y) + abs(box.bottom - wanted.bottom) <= 6
    assert (parsed.people, parsed.facing, parsed.use.device) == (1, "front", "CPU")


def test_a_closer_reading_and_the_first_decide_together(parser: Parser, palette: Palette) -> None:
    """Edges stay where both see them; where the closer one is torn, the other decides."""
    labels = np.zeros((256, 192), np.uint8)
    person(labels, 96, 20, 220)
    rgba = photo(labels, palette)
    found = parser.find(rgba, CancelToken())
    window = Window(60, 30, 72, 96)
    framed = window.cut(np.ascontiguousarray(rgba[..., :3]), 256, 192)
    sure = parser.read(framed, CancelToken())
    near = found.labels_in(window, framed, sure, "upper")
    truth = window.cut(labels, 256, 192, nearest=True)
    sleeve = 200  # a row in which a shirt stands before the ground
    assert set(np.unique(truth[sleeve]).tolist()) == {0, SHIRT}
    for side in (np.flatnonzero, lambda row: row.size - np.flatnonzero(row[::-1])):
        edge, wanted = (side(own[sleeve] == SHIRT)[0] for own in (near, truth))
        assert abs(int(edge) - int(wanted)) <= 1  # pixels of a frame enlarged 2.7 times
    torn = sure.probabilities.copy()
    torn[:, sleeve - 12 : sleeve + 12] = 0
    torn[SHIRT, sleeve - 12 : sleeve + 12], torn[0, sleeve - 12 : sleeve + 12] = 0.49, 0.51
    torn[:, 150:156, 90:96] = 0
    torn[HEAD, 150:156, 90:96] = 5  # a speck that the closer reading is too sure of
    closer = Reading(torn, sure.landmarks, sure.device, ())
    again = found.labels_in(window, framed, closer, "upper")
    assert (again == near).mean() > 0.995
    assert not (again[140:166, 80:106] == HEAD).any()


def test_in_doubt_it_is_an_old_top_or_dress(parser: Parser, palette: Palette) -> None:
    shirt, skirt, bag = (palette.by_key(key).index for key in ("shirt", "skirt", "bag"))
    grey = np.full((256, 192, 3), 128, np.uint8)
    chances = np.zeros((len(palette), 256, 192), np.float32)
    chances[shirt, :80] = chances[skirt, 160:] = 1
    chances[bag, 80:160], chances[shirt, 80:120], chances[skirt, 120:160] = 0.6, 0.4, 0.4
    found = Found(
        256, 192, 1.0, Window(0, 0, 192, 256), grey, chances, np.zeros((13, 3), np.float32), 1,
        "front", palette, Device("cpu"), (),
    )  # fmt: skip
    reading = Reading(chances, found.landmarks, Device("cpu"), ())
    whose = {"upper": (shirt, bag), "lower": (bag, bag), "dress": (shirt, skirt)}
    for category, (above, below) in whose.items():
        labels = found.labels_in(found.window, grey, reading, category)
        assert (labels[95:105] == above).all()
        assert (labels[135:145] == below).all()


def test_colours_claim_for_tops_and_dresses_only(
    palette: Palette, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And strangers, who are taken out before, lend nobody their colours."""
    sweater, skin = palette.by_key("sweater").index, palette.by_key("skin").index
    seen = []

    def claim(labels: np.ndarray, *told: object) -> None:
        seen.append(labels.copy())
        _, _, garment, others = told
        assert garment[sweater]
        assert [bool(other[skin]) for other in others] == [True, False, False, False]
        labels[100:110] = sweater

    monkeypatch.setattr(parsing, "claim", claim)
    labels = np.zeros((256, 192), np.uint8)
    labels[40:220, 60:100] = skin
    chances = np.eye(len(palette), dtype=np.float32)[labels].transpose(2, 0, 1)
    nearer = labels.copy()
    nearer[40:220, 150:180] = sweater  # somebody whom the first look took out
    window, points = Window(0, 0, 192, 256), np.zeros((13, 3), np.float32)
    found = Found(
        256, 192, 1.0, window, palette.colors[labels], np.ascontiguousarray(chances), points, 1,
        "front", palette, Device("cpu"), (),
    )  # fmt: skip
    both = np.eye(len(palette), dtype=np.float32)[nearer].transpose(2, 0, 1)
    reading = Reading(np.ascontiguousarray(both) * 2, points, Device("cpu"), ())
    for category, claimed in (("upper", True), ("lower", False), ("dress", True)):
        made = found.labels_in(window, palette.colors[nearer], reading, category)
        assert bool((made[100:110] == sweater).all()) is claimed
    assert len(seen) == 2
    assert not any((labels == sweater).any() for labels in seen)


def test_the_face_tells_the_complexion_in_any_window_at_any_size(palette: Palette) -> None:
    """Its photograph is three times as large as what was read, and the window lies off its edge."""
    skin = palette.by_key("skin").index
    labels = np.zeros((256, 192), np.uint8)
    labels[30:60, 80:110] = skin  # the face
    labels[150:200, 20:60] = skin  # and a hand of another colour
    framed = np.full((256, 192, 3), 90, np.uint8)
    framed[30:60, 80:110], framed[150:200, 20:60] = (224, 180, 150), (90, 50, 40)
    chances = np.ascontiguousarray(
        np.eye(len(palette), dtype=np.float32)[labels].transpose(2, 0, 1)
    )
    window, scale = Window(50, 70, 384, 512), 3.0
    points = np.zeros((13, 3), np.float32)
    points[LANDMARKS.index("nose")] = (95, 45, 1)
    for joint, down in (("shoulder", 80), ("hip", 160)):
        for side, across in (("left", 120), ("right", 70)):
            points[LANDMARKS.index(f"{side}_{joint}")] = (across, down, 1)
    points[:, :2] = window.to_photo(points[:, :2], 256, 192) * scale
    found = Found(
        700, 600, scale, window, framed, chances, points, 1, "front", palette, Device("cpu"), ()
    )
    assert found.complexion is not None
    light = cv2.cvtColor(np.float32([[[224, 180, 150]]]) / 255, cv2.COLOR_RGB2LAB)[0, 0]
    assert found.complexion == pytest.approx(light, abs=0.5)


def test_a_window_and_the_whole_photo_say_together_where_landmarks_lie(
    parser: Parser, palette: Palette
) -> None:
    """The window for pants ends below the shoulders, which say how tall the person is."""
    labels = np.zeros((600, 400), np.uint8)
    person(labels, 200, 50, 500)
    rgba = photo(labels, palette)
    found = parser.find(rgba, CancelToken())
    window = for_category("lower", found.landmarks)
    framed = window.cut(np.ascontiguousarray(rgba[..., :3]), *parser.frame)
    reading = parser.read(framed, CancelToken())
    landmarks = found.landmarks_in(window, reading)
    shoulders, hips = ([LANDMARKS.index(f"{side}_{part}") for side in ("left", "right")]
                       for part in ("shoulder", "hip"))  # fmt: skip
    assert (reading.landmarks[shoulders, 2] < 0.2).all()
    placed = window.to_photo(landmarks[:, :2], *parser.frame)
    near = window.to_photo(reading.landmarks[:, :2], *parser.frame)[hips]
    apart = np.linalg.norm(near - found.landmarks[hips, :2], axis=1)
    to_far, to_near = (
        np.linalg.norm(placed[hips] - other, axis=1) for other in (found.landmarks[hips, :2], near)
    )
    assert (apart > 0.1).all()
    np.testing.assert_allclose(to_far + to_near, apart, atol=1e-3)
    assert (to_far < to_near).all()
    np.testing.assert_allclose(placed[shoulders], found.landmarks[shoulders, :2], atol=1e-3)
    assert (landmarks[shoulders, 1] < 0).all()
    np.testing.assert_array_equal(landmarks[shoulders, 2], found.landmarks[shoulders, 2])


def test_a_mirrored_person_is_seen_from_the_back(parser: Parser, palette: Palette) -> None:
    truth = np.zeros((600, 400), np.uint8)
    person(truth, 200, 50, 500)
    mirrored = np.ascontiguousarray(photo(truth, palette)[:, ::-1])
    assert parse(parser, mirrored).facing == "back"


def test_the_largest_of_two_is_read_and_both_are_counted(parser: Parser, palette: Palette) -> None:
    alone, both = np.zeros((600, 600), np.uint8), np.zeros((600, 600), np.uint8)
    for truth in (alone, both):
        person(truth, 300, 50, 500)
    person(both, 510, 100, 400)
    parsed = parse(parser, photo(both, palette))
    assert parsed.people == 2
    expected = parse(parser, photo(alone, palette))
    assert (parsed.labels != expected.labels).mean() < 0.003
    assert parsed.person == expected.person


@pytest.mark.parametrize(("height", "width"), [(3000, 2100), (1200, 4096), (2049, 2049)])
def test_a_large_photo_gives_a_map_of_its_proportions(
    parser: Parser, palette: Palette, height: int, width: int
) -> None:
    truth = np.zeros((height, width), np.uint8)
    person(truth, width // 2, height // 10, height * 8 // 10)
    parsed = parse(parser, photo(truth, palette))
    scale = MAX_LABELS / max(height, width)
    assert parsed.labels.shape == (round(height * scale), round(width * scale))
    assert parsed.person.h == pytest.approx(height * 0.8, rel=0.01)
    assert parsed.person.y == pytest.approx(height * 0.1, abs=height * 0.01)
    rows, columns = np.nonzero(truth == HEAD)
    assert np.abs(parsed.landmarks[0, :2] - [columns.mean(), rows.mean()]).max() < height / 100


def test_what_is_transparent_is_ground(parser: Parser, palette: Palette) -> None:
    truth = np.zeros((600, 400), np.uint8)
    person(truth, 200, 50, 500)
    clear = photo(truth, palette)
    clear[truth == 0] = (10, 120, 40, 0)
    expected = parse(parser, photo(truth, palette))
    np.testing.assert_array_equal(parse(parser, clear).labels, expected.labels)


@pytest.mark.parametrize("shape", [(600, 400), (1, 1), (5, 900)])
def test_without_a_person_it_says_so(parser: Parser, shape: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="No person was found in the photo") as caught:
        parse(parser, np.full((*shape, 4), 255, np.uint8))
    assert caught.value.hint


def test_a_garment_on_its_own_is_no_person(parser: Parser, palette: Palette) -> None:
    truth = np.zeros((400, 300), np.uint8)
    truth[100:300, 80:220] = SHIRT
    with pytest.raises(PictureError, match="No person was found in the photo"):
        parse(parser, photo(truth, palette))


def test_a_photo_that_is_all_person_is_read_to_its_edges(parser: Parser, palette: Palette) -> None:
    truth = np.full((400, 300), SHIRT, np.uint8)
    truth[:100] = HEAD
    parsed = parse(parser, photo(truth, palette))
    assert (parsed.labels != truth).mean() < 0.01
    assert parsed.person == Rect(0, 0, 300, 400)


def test_the_photo_is_not_touched(parser: Parser, palette: Palette) -> None:
    truth = np.zeros((600, 400), np.uint8)
    person(truth, 200, 50, 500)
    rgba = photo(truth, palette)
    rgba.setflags(write=False)
    before = rgba.copy()
    parse(parser, rgba)
    np.testing.assert_array_equal(rgba, before)


def test_a_pack_for_something_else_is_refused(pack: Pack) -> None:
    with pytest.raises(PackError, match="not for 'person-parsing'"):
        Parser(pack, devices())


def test_a_cancelled_request_ends(parser: Parser) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        parser(ParseRequest(np.zeros((60, 40, 4), np.uint8)), token)


def test_a_device_lost_between_the_passes_is_told(big_pack: Pack, palette: Palette) -> None:
    world = FakeDevices(dies_after=1)
    parser = Parser(big_pack, devices("auto", world))
    truth = np.zeros((600, 400), np.uint8)
    person(truth, 200, 50, 500)
    parsed = parse(parser, photo(truth, palette))
    assert world.opened == ["dml", "cpu"]
    assert parsed.use.device == "CPU"
    assert any("stopped working" in notice for notice in parsed.use.notices)
