"""Contact sheets and loss curves, drawn with OpenCV so that a bare training machine has them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.training import palette

Image = npt.NDArray[np.uint8]


def to_images(pictures: Tensor) -> list[Image]:
    """(B, 3, H, W) in [-1, 1] to RGB images."""
    array = ((pictures.float().cpu() + 1) * 127.5).round().clamp(0, 255).byte()
    return list(array.permute(0, 2, 3, 1).numpy())


def label_images(labels: Tensor) -> list[Image]:
    """(B, H, W) classes to RGB images in the palette's colours."""
    return list(palette.colors()[labels.cpu().numpy()])


def sheet(rows: list[list[Image]], scale: int = 1) -> Image:
    """Images of one size in rows, enlarged ``scale`` times without smoothing, with thin gaps."""
    gap = 2
    lines = []
    for row in rows:
        cells = [np.pad(i, ((0, gap), (0, gap), (0, 0)), constant_values=128) for i in row]
        lines.append(np.concatenate(cells, 1))
    whole = np.concatenate(lines, 0)
    return cv2.resize(whole, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)


def columns_sheet(columns: list[list[Image]], wide: int) -> Image:
    """Cases, each a column of images of one size, ``wide`` of them side by side; the last line is
    filled up with grey."""
    columns = columns + [[np.full_like(columns[0][0], 128)] * len(columns[0])] * (
        -len(columns) % wide if len(columns) > wide else 0
    )
    lines = (columns[start : start + wide] for start in range(0, len(columns), wide))
    return sheet([list(row) for line in lines for row in zip(*line, strict=True)])


def opaque(photo: Image) -> Image:
    """A photograph (H, W, 3) as the application takes it: (H, W, 4) with nothing transparent."""
    return np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])


def save(path: Path, image: Image) -> None:
    """Write an RGB image (PNG or JPEG by suffix). Raises OSError if that fails."""
    done, data = cv2.imencode(path.suffix, image[:, :, ::-1])
    if not done:
        raise OSError(f"cannot encode {path.name}")
    path.write_bytes(data.tobytes())


def curves(log: list[dict[str, float]], columns: int = 3) -> Image:
    """One small chart per logged quantity over steps; the axis shows the 1st to 99th percentile."""
    names = [k for k in log[-1] if k not in ("step", "height")]
    width, height, margin = 420, 220, 24
    charts: list[Image] = []
    for name in names:
        chart = np.full((height, width, 3), 250, np.uint8)
        points = np.array([(e["step"], e[name]) for e in log if name in e and np.isfinite(e[name])])
        title = name
        if len(points) > 1:
            low, high = np.percentile(points[:, 1], (1, 99))
            span = max(high - low, 1e-6)
            across = points[:, 0] - points[0, 0]
            x = margin + across / max(across[-1], 1) * (width - 2 * margin)
            y = height - margin - np.clip((points[:, 1] - low) / span, 0, 1) * (height - 2 * margin)
            line = np.stack([x, y], 1).round().astype(np.int32)
            cv2.polylines(chart, [line], False, (190, 60, 40), 1, cv2.LINE_AA)
            title = f"{name}  {low:.3g} .. {high:.3g}  last {points[-1, 1]:.3g}"
        cv2.putText(
            chart, title, (8, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA
        )
        charts.append(chart)
    blank = np.full_like(charts[0], 250)
    charts += [blank] * (-len(charts) % columns)
    return sheet([charts[i : i + columns] for i in range(0, len(charts), columns)])


def torch_seeded(seed: int) -> torch.Generator:
    """A CPU generator with a fixed seed."""
    return torch.Generator().manual_seed(seed)
